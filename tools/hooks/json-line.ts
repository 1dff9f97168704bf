// On which line something stands in JSON: JSON.parse does not keep it, and who corrects a file by hand needs it.

/** The line of a value, or of the nearest thing around it that is there. `text` is JSON. */
export function lineOf(text: string, path: readonly PropertyKey[]): number {
  let at = 0
  let found = 0

  const space = () => {
    while (/\s/.test(text[at] ?? '')) at += 1
  }
  const string = (): string => {
    const start = at
    at += 1
    while (text[at] !== '"') at += text[at] === '\\' ? 2 : 1
    at += 1
    return JSON.parse(text.slice(start, at)) as string
  }

  /** Reads a value; `rest` is what is still to be found in it, if it is on the way. */
  function value(rest: readonly PropertyKey[] | undefined): void {
    space()
    if (rest) found = at
    if (text[at] === '"') string()
    else if (text[at] === '{') members('}', rest, () => key())
    else if (text[at] === '[') members(']', rest, (nth) => nth)
    else while (/[^\s,\]}]/.test(text[at] ?? ' ')) at += 1
  }

  function key(): string {
    const name = string()
    space()
    at += 1
    return name
  }

  function members(end: string, rest: readonly PropertyKey[] | undefined, name: (nth: number) => PropertyKey): void {
    at += 1
    space()
    for (let nth = 0; text[at] !== end; nth++) {
      const isOnTheWay = name(nth) === rest?.[0]
      value(isOnTheWay ? rest?.slice(1) : undefined)
      space()
      if (text[at] === ',') at += 1
      space()
    }
    at += 1
  }

  value(path)
  return lineAt(text, found)
}

const TOKEN = /\s*(?:[{}[\],:]|"(?:[^"\\\p{Cc}]|\\.)*"|-?\d[\d.eE+-]*|true|false|null)\s*/uy

/** Where JSON.parse came to its end in what is no JSON. Not every version of Node says where. */
export function lineOfFault(text: string, message: string): number {
  const position = /position (\d+)/.exec(message)?.[1]
  if (position !== undefined) return lineAt(text, Number(position))
  let at = 0
  while (at < text.length) {
    TOKEN.lastIndex = at
    const token = TOKEN.exec(text)
    if (!token) break
    at = TOKEN.lastIndex
  }
  return lineAt(text, at)
}

function lineAt(text: string, at: number): number {
  return text.slice(0, at).split('\n').length
}
