import { assert, describe, it } from 'vitest'
import { askLines } from '../../../cli/view/ask-lines.ts'
import { columnsOf } from '../../../cli/view/columns.ts'
import { liveFrame } from '../../../cli/view/live-frame.ts'
import { faint } from '../../../cli/view/toned.ts'
import { NO_TREE, treeAfter } from '../../../cli/view/tree.ts'
import { asking, LEAD, thinking, told } from './told.ts'

const tree = told([LEAD, thinking]).reduce(treeAfter, NO_TREE)
const size = { now: 0, width: 40, height: 20 }
const keys = faint('y or n')

describe('a question on the screen', () => {
  it('stands below the tree with path, tool, arguments and reason, the cursor behind what was typed', () => {
    const panel = { lines: [...askLines(asking(LEAD)), keys], input: { typed: 'n no', caret: 4 } }
    const { lines, cursor } = liveFrame({ tree, panel }, size)
    assert.deepEqual(
      lines.map((line) => line.trimEnd()),
      [
        '● lead  thinking',
        '',
        '? lead asks to call shell',
        '    command: npm test',
        '  because: rule: ask shell',
        'y or n',
        '> n no'
      ]
    )
    assert.deepEqual(cursor, { row: 6, column: 6 })
  })

  it('has no prompt while nothing that is typed counts, and keeps its place', () => {
    const lines = [...askLines(asking(LEAD)), keys]
    const before = liveFrame({ tree, panel: { lines, input: undefined } }, size)
    const after = liveFrame({ tree, panel: { lines, input: { typed: '', caret: 0 } } }, size)
    assert.isUndefined(before.cursor)
    assert.deepEqual(before.lines, [...after.lines.slice(0, -1), ''])
  })

  it('shows long arguments whole, in lines as wide as the screen', () => {
    const command = 'rm -rf /tmp/very/long/path '.repeat(4).trim()
    const panel = { lines: askLines(asking(LEAD, { args: { command } })), input: { typed: '', caret: 0 } }
    const { lines } = liveFrame({ tree, panel }, size)
    assert.include(lines.join(''), command)
    for (const line of lines) assert.isAtMost(columnsOf(line), 40)
  })

  it('says how much is missing where even that is too long, and keeps the keys', () => {
    const panel = {
      lines: [...askLines(asking(LEAD, { args: { text: 'line\n'.repeat(100) } })), keys],
      input: { typed: '', caret: 0 }
    }
    const { lines } = liveFrame({ tree, panel }, size)
    assert.isAtMost(lines.length, 20)
    assert.match(lines.at(-3)!, /^… \d+ more lines/)
    assert.equal(lines.at(-2), 'y or n')
  })

  it('keeps the caret in sight in a long line', () => {
    const panel = { lines: [keys], input: { typed: 'x'.repeat(500), caret: 500 } }
    const { lines, cursor } = liveFrame({ tree, panel }, size)
    assert.isAtMost(columnsOf(lines.at(-1)!), 40)
    assert.isBelow(cursor!.column, 40)
  })
})
