// What somebody outside wrote, and a model is going to read: a server's results, its descriptions, a page of the web.
//
// N1. It stands between two marks that bear its hash: no text can contain its own, so none can end its envelope.
// N2. Inside, nothing looks like a mark: not in other case, not with spaces or invisible characters in it.
// N3. What a reader of the text would not see, a model does not get either; that there was some is said.
import { createHash } from 'node:crypto'

const TAG = 'untrusted'
/** All that has no shape, but for what joins emoji where there is one before it; line ends and tabs have their use. */
const INVISIBLE =
  /(?![\n\r\t])\p{Cc}|(?<!(?:\p{Extended_Pictographic}|\p{Emoji_Modifier}|\uFE0F))(?:\u200D|\uFE0E|\uFE0F)|(?!\u200D|\uFE0E|\uFE0F)\p{Default_Ignorable_Code_Point}|[\u2028\u2029\uFFF9-\uFFFB]/gu
const OPENING = /[<\uFF1C\uFE64\u2039\u3008\u27E8\u02C2]/g
/** What a reader skips between the letters of a mark: all that is no letter, number or sign. */
const SKIPPED = /[/\\]|[^\p{L}\p{N}\p{P}\p{S}]/gu
const FAR_ENOUGH = 400

/** A text without what nobody sees, and how many characters that were. */
export function visible(text: string): { text: string; removed: number } {
  let removed = 0
  const clean = text.replace(INVISIBLE, (found) => {
    removed += [...found].length
    return ''
  })
  return { text: clean, removed }
}

/** The text in an envelope that says from whom it is. `from` is ours: no foreign word belongs in there. */
export function enveloped(text: string, { from }: { from: string }): string {
  const { text: clean, removed } = visible(text)
  const inside = clean.replace(OPENING, (bracket, at: number) => (opensAMark(clean, at + 1) ? '&lt;' : bracket))
  const id = createHash('sha256').update(`${from}\n${inside}`).digest('hex').slice(0, 16)
  const note = removed > 0 ? ` note="${removed} invisible characters were removed"` : ''
  return `<${TAG} from=${JSON.stringify(from)} id="${id}"${note}>\n${inside}\n</${TAG} id="${id}">`
}

/** From whom the first envelope in a text is; undefined where there is none. */
export function writerIn(text: string): string | undefined {
  return WRITER.exec(text)?.[1]?.replace(/\\(.)/g, '$1')
}
const WRITER = new RegExp(`<${TAG} from="((?:[^"\\\\\n]|\\\\.){1,200})" id="`)

function opensAMark(text: string, at: number): boolean {
  const letters = text
    .slice(at, at + FAR_ENOUGH)
    .normalize('NFKD')
    .replace(SKIPPED, '')
  return letters.slice(0, TAG.length).toLowerCase() === TAG
}
