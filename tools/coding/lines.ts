/** The lines of a text. After the last line ending comes a line only if something stands there. */
export function linesOf(text: string): string[] {
  const lines = text.split(/\r?\n/)
  return lines.at(-1) === '' ? lines.slice(0, -1) : lines
}
