/** A row was read, and what it refers to has gone with it since: it is to be read again. */
export class Outdated extends Error {
  override readonly name = 'Outdated'
}

/** Undefined where what was read is outdated by the time that all of it is here. */
export async function whileCurrent<T>(read: () => Promise<T>): Promise<T | undefined> {
  try {
    return await read()
  } catch (thrown) {
    if (thrown instanceof Outdated) return undefined
    throw thrown
  }
}

/** Reads until it is not. */
export async function untilCurrent<T>(read: () => Promise<T>): Promise<T> {
  while (true) {
    const found = await whileCurrent(async () => ({ of: await read() }))
    if (found) return found.of
  }
}
