/** The last work on each file that is being changed in this process. */
const underway = new Map<string, Promise<unknown>>()

/** Changes of one file come one after the other: of two edits at once, neither is lost. */
export async function inTurn<T>(path: string, work: () => Promise<T>): Promise<T> {
  const before = underway.get(path) ?? Promise.resolve()
  const mine = before.then(work)
  const settled = mine.catch(() => undefined)
  underway.set(path, settled)
  try {
    return await mine
  } finally {
    if (underway.get(path) === settled) underway.delete(path)
  }
}

/** The same for several files: whoever else changes one of them waits. Always in one order, so that two never wait for each other. */
export async function inTurnOfAll<T>(paths: readonly string[], work: () => Promise<T>): Promise<T> {
  const [first, ...others] = [...new Set(paths)].sort()
  return first === undefined ? work() : inTurn(first, () => inTurnOfAll(others, work))
}
