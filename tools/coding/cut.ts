import { wholeFrom, wholeUpTo } from '../whole-characters.ts'

/** The beginning of a text, at most `max` long; a character is never torn in half. */
export function cutAt(text: string, max: number): string {
  return text.length <= max ? text : text.slice(0, wholeUpTo(text, max))
}

/** A line short enough to show; of a longer one the part around `at`. */
export function cutLine(line: string, { max, at = 0 }: { max: number; at?: number }): string {
  if (line.length <= max) return line
  const start = wholeFrom(line, Math.max(0, Math.min(at - Math.floor(max / 4), line.length - max)))
  const part = cutAt(line.slice(start), max)
  const end = start + part.length === line.length ? '' : '…'
  return `${start === 0 ? '' : '…'}${part}${end} [line of ${line.length} characters]`
}
