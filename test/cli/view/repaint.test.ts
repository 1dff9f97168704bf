import { assert, describe, it } from 'vitest'
import { type Frame, leave, repaint } from '../../../cli/view/repaint.ts'
import { screen } from '../screen.ts'

function painting({ columns, rows }: { columns: number; rows: number }) {
  const shown = screen({ columns, rows })
  let before: Frame | undefined
  return {
    shown,
    paint(frame: Frame) {
      shown.write(repaint(before, { frame, width: columns }))
      before = frame
    },
    leave: () => shown.write(leave(before))
  }
}

describe('redrawing in place', () => {
  it('replaces what was painted and leaves what stood above', () => {
    const { shown, paint } = painting({ columns: 20, rows: 6 })
    shown.write('before\r\n')
    paint({ lines: ['one', 'two', 'three'] })
    paint({ lines: ['uno'] })
    assert.deepEqual(shown.lines(), ['before', 'uno'])
  })

  it('scrolls once, not with every painting', () => {
    const { shown, paint } = painting({ columns: 20, rows: 4 })
    shown.write('a\r\nb\r\nc\r\n')
    for (const mark of ['1', '2', '3']) paint({ lines: [`x${mark}`, `y${mark}`, `z${mark}`] })
    assert.deepEqual(shown.lines(), ['a', 'b', 'c', 'x3', 'y3', 'z3'])
  })

  it('leaves the cursor where the person types, and hides it elsewhere', () => {
    const { shown, paint } = painting({ columns: 20, rows: 6 })
    paint({ lines: ['tree', '> yes', 'below'], cursor: { row: 1, column: 4 } })
    assert.deepEqual([shown.cursor, shown.cursorVisible], [{ row: 1, column: 4 }, true])
    paint({ lines: ['tree', 'more'] })
    assert.deepEqual(shown.lines(), ['tree', 'more'])
    assert.isFalse(shown.cursorVisible)
  })

  it('goes on below the last line when it is left', () => {
    const { shown, paint, leave } = painting({ columns: 20, rows: 6 })
    paint({ lines: ['tree', '> y', 'below'], cursor: { row: 1, column: 3 } })
    leave()
    shown.write('after')
    assert.deepEqual(shown.lines(), ['tree', '> y', 'below', 'after'])
    assert.isTrue(shown.cursorVisible)
  })

  it('counts the rows anew where the terminal became narrower', () => {
    const frame = { lines: ['x'.repeat(19), 'y'] }
    assert.include(repaint(frame, { frame, width: 10 }), '\u001b[2A')
    assert.include(repaint(frame, { frame, width: 20 }), '\u001b[1A')
  })
})
