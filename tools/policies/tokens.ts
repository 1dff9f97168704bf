import { RuntimeError } from '../../state/errors.ts'

/** A word, or a JSON value; with what is written and where it begins, counted from 1. */
export interface Token {
  readonly text: string
  readonly column: number
  readonly word?: string
  readonly json?: unknown
}

/** A text in quotes, a list in brackets, or whatever stands between blanks. */
const TOKEN = /"(?:[^"\\]|\\.)*"|\[(?:[^\]"]|"(?:[^"\\]|\\.)*")*\]|[^\s"[\]]+|\S/y
const JSON_VALUE = /^(["[]|-?\d|(?:true|false|null)$)/

/**
 * The tokens of a line, up to a `#`.
 * @throws RuntimeError BAD_POLICY with file, line and column
 */
export function tokensOf(line: string, { file, line: number }: { file: string; line: number }): Token[] {
  const tokens: Token[] = []
  let at = 0
  while (true) {
    while (line[at] === ' ' || line[at] === '\t') at += 1
    if (at >= line.length || line[at] === '#') return tokens
    TOKEN.lastIndex = at
    const text = TOKEN.exec(line)?.[0] ?? line.slice(at)
    const column = at + 1
    tokens.push(
      JSON_VALUE.test(text)
        ? { text, column, json: jsonOf(text, `${file}:${number}:${column}`) }
        : { text, column, word: text }
    )
    at += text.length
  }
}

function jsonOf(text: string, place: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new RuntimeError('BAD_POLICY', `${place}: ${text} is no JSON; quotes are "…", lists [1, 2]`)
  }
}
