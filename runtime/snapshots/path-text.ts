// A path on Linux is bytes. As text, what is valid UTF-8 reads as it is, and any other byte is a lone surrogate from U+DC80 to
// U+DCFF, as in PEP 383: every path has a text of its own, and the text leads back to it.
const ESCAPE = 0xdc00

/** The text of a path, whatever its bytes are. */
export function textOf(bytes: Buffer): string {
  const text = bytes.toString('utf8')
  if (!text.includes('\ufffd')) return text
  let whole = ''
  for (let at = 0; at < bytes.length; ) {
    const length = characterAt(bytes, at)
    whole += length === 0 ? String.fromCharCode(ESCAPE + bytes[at]!) : bytes.toString('utf8', at, at + length)
    at += Math.max(length, 1)
  }
  return whole
}

/** What file systems and git know a path by. */
export function bytesOf(text: string): Buffer {
  if (!LONE.test(text)) return Buffer.from(text)
  return Buffer.concat(
    Array.from(text, (character) => {
      const code = character.charCodeAt(0)
      return character.length === 1 && code >= ESCAPE + 0x80 && code <= ESCAPE + 0xff
        ? Buffer.of(code - ESCAPE)
        : Buffer.from(character)
    })
  )
}

/** The path as `node:fs` takes it. */
export function fsPath(text: string): string | Buffer {
  return LONE.test(text) ? bytesOf(text) : text
}

const LONE = /\p{Surrogate}/u

/** How many bytes the character at a place has; 0 where they are none. */
function characterAt(bytes: Buffer, at: number): number {
  const first = bytes[at]!
  const length = first < 0x80 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4
  const part = bytes.subarray(at, at + length)
  return Buffer.from(part.toString('utf8')).equals(part) ? length : 0
}
