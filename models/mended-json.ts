// Slips of form that models make in JSON and that have one meaning only:
// M1. A fence of code around the whole, with nothing outside of it.
// M2. A comma between a value and the bracket that closes: nothing is between them.
// M3. True, False and None where a value stands: no other value is written so.
// M4. Line breaks and tabs as they are within a string: they can only mean themselves.
// All else stays as it is, since mending it would be a guess: what was cut off; single quotes, which an apostrophe ends; keys
// without quotes; comments; NaN; a comma that is missing; words around the JSON.

/** The text without such slips. Whether it is JSON then is not said. */
export function mendedJson(text: string): string {
  return unfenced(text).replace(TOKEN, (token, string?: string, comma?: string) => {
    if (string !== undefined) return string.replace(ESCAPE_OR_BREAK, (part) => ESCAPES[part] ?? part)
    return comma === undefined ? (WORDS[token] ?? token) : ''
  })
}

/** A string that does not end takes all that is left: its commas are words, and no closing bracket is found in it. */
const TOKEN = /("(?:[^"\\]+|\\.?)*(?:"|$))|(?<=["\w\]}]\s*)(,)(?=\s*[\]}])|\b(?:True|False|None)\b/gs
const WORDS: Readonly<Record<string, string>> = { True: 'true', False: 'false', None: 'null' }

/** A break behind a backslash is left alone: it may be meant to join two lines, or to part them. */
const ESCAPE_OR_BREAK = /\\.|[\n\r\t]/gs
const ESCAPES: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' }

const FENCE = '```'

function unfenced(text: string): string {
  const whole = text.trim()
  if (whole.length < 2 * FENCE.length || !whole.startsWith(FENCE) || !whole.endsWith(FENCE)) return text
  return whole.slice(FENCE.length, -FENCE.length).replace(/^json\b/i, '')
}
