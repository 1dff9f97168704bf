import { assert, describe, it } from 'vitest'
import { columnsOf } from '../../../cli/view/columns.ts'
import { NO_TREE, treeAfter, treeWithout } from '../../../cli/view/tree.ts'
import { linesOf, treeLines } from '../../../cli/view/tree-lines.ts'
import { asking, CODER, calls, completed, delegates, LEAD, replied, started, TESTER, thinking, told } from './told.ts'

const wide = { now: 0, width: 60 }

describe('the tree of a run', () => {
  it('shows nothing before anything happened', () => {
    assert.deepEqual(linesOf([], wide), [])
  })

  it('shows who thinks, for how long, and what it has used', () => {
    const events = told([LEAD, started('lead')], [LEAD, replied(1200, 34)], [LEAD, thinking, 3])
    assert.deepEqual(linesOf(events, { now: 12_900, width: 60 }), [
      '● lead  thinking                               12s  1.2k tok'
    ])
  })

  it('shows the call that runs with its arguments, and how many run beside it', () => {
    const events = told(
      [LEAD, started('lead')],
      [LEAD, calls('shell', { command: 'npm test' })],
      [LEAD, calls('read', { path: 'a.ts' }, 'call-2')]
    )
    assert.match(linesOf(events, wide)[0]!, /^● lead {2}\(\+1\) shell npm test /)
  })

  it('shows the progress that a call reports', () => {
    const events = told(
      [LEAD, calls('shell', { command: 'x' })],
      [LEAD, { type: 'tool.progress', toolCallId: 'call-1', text: '3 of 8\n' }]
    )
    assert.match(linesOf(events, wide)[0]!, /shell x – 3 of 8/)
  })

  it('draws children below the agent that delegated to them', () => {
    const events = told(
      [LEAD, delegates('coder', 'coder-1')],
      [LEAD, delegates('coder', 'coder-2')],
      [CODER, delegates('tester', 'tester-1')],
      [TESTER, thinking]
    )
    const names = linesOf(events, { now: 0, width: 30 }).map((line) => line.trimEnd())
    assert.deepEqual(names, ['● lead', '├─ ● coder', '│  └─ ● tester  thinking', '└─ ● coder'])
  })

  it('finds the place of a child of which only the path is known', () => {
    const names = linesOf(told([LEAD, thinking], [CODER, thinking]), { now: 0, width: 30 }).map((line) =>
      line.trimEnd()
    )
    assert.deepEqual(names, ['● lead  thinking', '└─ ● coder  thinking'])
  })

  it('shows an ask with its call until it is decided', () => {
    const ask = asking(LEAD)
    const opened = told([LEAD, started('lead')], [LEAD, { type: 'ask.opened', toolCallId: 'call-1', ask }])
    assert.match(linesOf(opened, wide)[0]!, /^\? lead {2}asks: shell npm test/)
    const decided = told([
      LEAD,
      {
        type: 'ask.decided',
        toolCallId: 'call-1',
        ask,
        decision: { kind: 'reject', reason: '' },
        by: { kind: 'person' }
      }
    ])
    assert.notMatch(linesOf([...opened, ...decided], wide)[0]!, /asks/)
    assert.notMatch(treeLines(treeWithout(opened.reduce(treeAfter, NO_TREE), ask), wide)[0]!, /asks/)
  })

  it('stops the clock of an agent that has ended, and says why it failed', () => {
    const failed = told(
      [LEAD, started('lead')],
      [
        LEAD,
        { type: 'turn.finished', outcome: { status: 'failed', error: { code: 'MODEL_FAILED', message: 'no\nreply' } } },
        4
      ]
    )
    assert.match(linesOf(failed, { now: 99_000, width: 80 })[0]!, /^✗ lead {2}failed: MODEL_FAILED: no ⏎ reply +4s/)
  })

  it('shows an agent at work again that went on after it had rested', () => {
    const events = told([LEAD, completed], [LEAD, thinking])
    assert.match(linesOf(events, wide)[0]!, /^● lead {2}thinking/)
  })

  it.each([1, 5, 12, 20, 43, 44, 60, 200])('is never wider than %i columns', (width) => {
    const events = told(
      [LEAD, started('lead')],
      [LEAD, delegates('coder', 'coder-1')],
      [LEAD, calls('shell', { command: '変更を確認する '.repeat(40) })],
      [CODER, calls('write', { path: 'a.ts', text: '👩‍👩‍👧 é\u001b[2J\n'.repeat(40) })]
    )
    for (const line of linesOf(events, { now: 5000, width })) assert.isAtMost(columnsOf(line), width)
  })

  it('shows nothing that a terminal would obey', () => {
    const [line] = linesOf(told([LEAD, calls('shell', { command: 'a\u001b[2Jb\u202ec\u0007' })]), wide)
    assert.include(line!, 'a\\u001b[2Jb\\u202ec\\u0007')
  })

  const crowd = Array.from({ length: 30 }, (_, at) => ({ threadId: `child-${at}`, path: 'lead/coder' }))
  const crowded = told(
    [LEAD, started('lead')],
    ...crowd.map(({ threadId }): [typeof LEAD, ReturnType<typeof started>] => [LEAD, delegates('coder', threadId)]),
    ...crowd.slice(2).map((child): [typeof LEAD, ReturnType<typeof started>] => [child, completed])
  )

  it('puts settled siblings on one line where there is no room for all', () => {
    const lines = linesOf(crowded, { now: 0, width: 30, height: 10 }).map((line) => line.trimEnd())
    assert.deepEqual(lines, ['● lead', '├─ ✓ 28 settled', '├─ ● coder', '└─ ● coder'])
  })

  it('is never higher than the screen, and says how much is missing', () => {
    const lines = linesOf(crowded, { now: 0, width: 30, height: 3 })
    assert.lengthOf(lines, 3)
    assert.equal(lines.at(-1), '… 2 more')
  })
})
