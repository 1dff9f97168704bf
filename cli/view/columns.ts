/** Columns that text takes in a terminal. The text is `printable` and carries no colours. */
const graphemes = new Intl.Segmenter(undefined, { granularity: 'grapheme' })

export function columnsOf(text: string): number {
  if (/^[\x20-\x7e]*$/.test(text)) return text.length
  let columns = 0
  for (const { segment } of graphemes.segment(text)) columns += columnsOfGrapheme(segment)
  return columns
}

/** The text in at most `width` columns, with `…` where something is missing. */
export function cropped(text: string, width: number): string {
  if (width <= 0) return ''
  return split(text, width)[1] ? `${split(text, width - 1)[0]}…` : text
}

/** As `cropped`, and filled with spaces. */
export function fitted(text: string, width: number): string {
  const shown = cropped(text, width)
  return shown + ' '.repeat(Math.max(0, width - columnsOf(shown)))
}

/** The text in as many lines of at most `width` columns as it takes; nothing is left out. */
export function wrapped(text: string, width: number): string[] {
  return text.split('\n').flatMap((line) => pieces(line, Math.max(2, width)))
}

function pieces(line: string, width: number): string[] {
  const lines: string[] = []
  let rest = line
  do {
    const [head, tail] = split(rest, width)
    lines.push(head)
    rest = tail
  } while (rest)
  return lines
}

function split(text: string, width: number): [string, string] {
  let columns = 0
  let end = 0
  for (const { segment, index } of graphemes.segment(text)) {
    columns += columnsOfGrapheme(segment)
    if (columns > width) break
    end = index + segment.length
  }
  return [text.slice(0, end), text.slice(end)]
}

/** East Asian wide and fullwidth blocks, and pictures. */
const WIDE =
  /^[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\ua960-\ua97f\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{1f300}-\u{1faff}\u{20000}-\u{3fffd}]|\p{Emoji_Presentation}|\ufe0f/u
const MARKS_ALONE = /^\p{M}+$/u

function columnsOfGrapheme(grapheme: string): number {
  if (MARKS_ALONE.test(grapheme)) return 0
  return WIDE.test(grapheme) ? 2 : 1
}
