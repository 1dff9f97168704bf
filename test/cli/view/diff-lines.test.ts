import pc from 'picocolors'
import { assert, describe, it } from 'vitest'
import { diffLines } from '../../../cli/view/diff-lines.ts'
import { PLAIN } from '../../../cli/view/paint.ts'
import type { CheckpointDiff } from '../../../runtime/history/diff.ts'
import type { HistoryEntry } from '../../../runtime/history/list.ts'
import { NO_USAGE } from '../../../state/usage.ts'

const entry = (step: number, labels: string[] = []): HistoryEntry => ({
  threadId: 't',
  checkpointId: `c${step}`,
  parentCheckpointId: undefined,
  agent: 'lead',
  path: 'lead',
  step,
  source: 'loop',
  nodes: [],
  next: [],
  messages: 0,
  last: '',
  place: step,
  createdAt: '2026-01-01T00:00:00.000Z',
  labels
})
const none: CheckpointDiff = {
  from: entry(1),
  to: entry(2, ['good']),
  messages: { same: 3, removed: [], added: [], changed: [] },
  ledger: [],
  grants: [],
  channels: [],
  usage: { before: NO_USAGE, after: NO_USAGE },
  files: undefined,
  patch: []
}
const some: CheckpointDiff = {
  ...none,
  messages: { ...none.messages, added: [{ id: 'm', role: 'ai', content: 'done\u001b[2J' }] },
  usage: { before: NO_USAGE, after: { ...NO_USAGE, calls: 2 } },
  channels: [{ key: 'todos', before: [], after: [1] }]
}

describe('a diff as lines', () => {
  it('says so where nothing differs', () => {
    assert.deepEqual(diffLines(none, { width: 80, paint: PLAIN }), ['lead 1 c1 → lead 2 c2 [good]', 'nothing differs'])
  })

  it('has one side below the other where it is narrow, and nothing that a terminal would obey', () => {
    assert.deepEqual(diffLines(some, { width: 80, paint: PLAIN }).slice(1), [
      '',
      'Messages (3 the same)',
      '+ ai: done\\u001b[2J',
      '',
      'Usage',
      '  calls',
      '- 0',
      '+ 2',
      '',
      'State',
      '  todos',
      '- []',
      '+ [1]'
    ])
  })

  it('has both sides beside each other where it is wide, no line wider than that', () => {
    const long = { ...some, channels: [{ key: 'text', before: 'a'.repeat(200), after: '字'.repeat(100) }] }
    const lines = diffLines(long, { width: 121, paint: PLAIN })
    assert.include(lines, `${' '.repeat(59)} │ ai: done\\u001b[2J${' '.repeat(0)}`)
    assert.include(lines, `0${' '.repeat(58)} │ 2`)
    for (const line of lines) assert.isAtMost(line.length, 121)
  })

  it('is green and red where there are colours', () => {
    const paint = pc.createColors(true)
    const lines = diffLines(some, { width: 80, paint })
    assert.include(lines, paint.green('+ 2'))
    assert.include(lines, paint.red('- 0'))
  })
})
