/** The one argument that tells a reader most, in one line. */
export function argumentsInBrief(args: unknown): string {
  const { command, pattern, path } = (args ?? {}) as Record<string, unknown>
  const telling = command ?? pattern ?? path ?? JSON.stringify(args)
  return oneLine(String(telling))
}

/** A text short enough for a line of its own. */
export function oneLine(text: string, max = 100): string {
  const line = text.replace(/\s+/g, ' ').trim()
  return line.length <= max ? line : `${line.slice(0, max - 1)}…`
}
