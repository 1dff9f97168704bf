const waiting: (() => unknown)[] = []

/** To be done when all tests of the running file have ended, also those that run side by side: what came last first. */
export function atEnd(clean: () => unknown): void {
  waiting.unshift(clean)
}

export async function endFile(): Promise<void> {
  for (const clean of waiting.splice(0)) await clean()
}
