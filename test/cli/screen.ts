/** As much of a terminal as a program that redraws in place needs: it wraps, scrolls, and obeys the sequences below. */
export interface Screen {
  write(bytes: string): void
  /** What has scrolled out at the top, then what is on it; blank lines at the end are left out. */
  lines(): string[]
  readonly cursorVisible: boolean
  readonly cursor: { readonly row: number; readonly column: number }
}

// biome-ignore lint/complexity/useRegexLiterals: the escape character is written out
const TOKEN = new RegExp('\\u001b\\[(\\??[0-9;]*)([A-Za-z])|\\u001b.|[\\s\\S]', 'gu')

export function screen({ columns, rows }: { columns: number; rows: number }): Screen {
  const scrolled: string[] = []
  let grid: string[][] = [[]]
  let row = 0
  let column = 0
  let visible = true

  function lineFeed(): void {
    row++
    if (row === rows) {
      scrolled.push(textOf(grid.shift()!))
      row--
    }
    grid[row] ??= []
  }

  function put(character: string): void {
    if (column === columns) {
      column = 0
      lineFeed()
    }
    const line = grid[row]!
    while (line.length < column) line.push(' ')
    line[column++] = character
  }

  function obey(parameters: string, letter: string): void {
    const count = Number(parameters) || 1
    if (letter === 'A') row = Math.max(0, row - count)
    else if (letter === 'B') row = Math.min(rows - 1, row + count)
    else if (letter === 'C') column = Math.min(columns - 1, column + count)
    else if (letter === 'G') column = count - 1
    else if (letter === 'K') grid[row]!.length = Math.min(grid[row]!.length, column)
    else if (letter === 'J') {
      grid = grid.slice(0, row + 1)
      grid[row]!.length = Math.min(grid[row]!.length, column)
    } else if (parameters === '?25') visible = letter === 'h'
    else if (letter !== 'm' && parameters !== '?2026')
      throw new Error(`the screen does not know ESC[${parameters}${letter}`)
    grid[row] ??= []
  }

  return {
    write(bytes) {
      for (const [token, parameters, letter] of bytes.matchAll(TOKEN)) {
        if (letter !== undefined) obey(parameters!, letter)
        else if (token === '\r') column = 0
        else if (token === '\n') lineFeed()
        else if (!token.startsWith('\u001b')) put(token)
      }
    },
    lines() {
      const all = [...scrolled, ...grid.map(textOf)]
      while (all.at(-1) === '') all.pop()
      return all
    },
    get cursorVisible() {
      return visible
    },
    get cursor() {
      return { row, column }
    }
  }
}

function textOf(line: readonly string[]): string {
  return line
    .map((cell) => cell ?? ' ')
    .join('')
    .trimEnd()
}
