/** The last place up to `at` where the text can be parted without splitting a surrogate pair. */
export function wholeUpTo(text: string, at: number): number {
  return splitsPair(text, at) ? at - 1 : at
}

/** The first place from `at` on where the text can be parted without splitting a surrogate pair. */
export function wholeFrom(text: string, at: number): number {
  return splitsPair(text, at) ? at + 1 : at
}

function splitsPair(text: string, at: number): boolean {
  return isBetween(text.charCodeAt(at - 1), 0xd800, 0xdbff) && isBetween(text.charCodeAt(at), 0xdc00, 0xdfff)
}

function isBetween(code: number, first: number, last: number): boolean {
  return code >= first && code <= last
}
