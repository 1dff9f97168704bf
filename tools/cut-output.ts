import { wholeFrom, wholeUpTo } from './whole-characters.ts'

/** A longer output says most at its start and, where something failed, at its end. */
const HEAD_SHARE = 0.6

/**
 * The head and the tail of a text that is longer than `limit`, and between them a line that says what is left out and how
 * to read it. Head and tail together have at most `limit` characters.
 */
export function cutOutput(text: string, { limit, callId }: { limit: number; callId: string }): string {
  const headLength = Math.floor(limit * HEAD_SHARE)
  const head = text.slice(0, wholeUpTo(text, headLength))
  const tail = text.slice(wholeFrom(text, text.length - (limit - headLength)))
  const left = text.length - head.length - tail.length
  const how = `read_output with call_id "${callId}" and offset ${head.length} reads on`
  return `${head}\n[${left} of ${text.length} characters left out; ${how}]\n${tail}`
}
