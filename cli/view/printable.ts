// What models and tools say is shown to a person who decides on it: it must not move the cursor, repaint what stands
// above, or look different from what it is. Whatever is not visible is shown as its code.

/** Controls, invisible and direction-changing characters, line separators; not line breaks, nor what joins emoji. */
const UNSEEN = /(?![\n\u200d])[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu

/** The text with its line breaks and without anything that a terminal would obey. */
export function printable(text: string): string {
  return text.replaceAll('\r\n', '\n').replaceAll('\t', '  ').replace(UNSEEN, escaped)
}

/** The same on one line. */
export function oneLine(text: string): string {
  return printable(text).replace(/\s*\n\s*/g, ' ⏎ ')
}

function escaped(character: string): string {
  return `\\u${character.codePointAt(0)!.toString(16).padStart(4, '0')}`
}
