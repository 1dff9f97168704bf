import { assert, describe, it } from 'vitest'
import { memoryJournal } from '../../checkpointers/memory/journal.ts'
import { eventHub } from '../../runtime/events.ts'

const SOURCE = { path: 'lead', threadId: 'root', rootThreadId: 'root' }

describe('the events of a tree', () => {
  it('are kept however soon one comes after what was just kept', async () => {
    const hub = eventHub({ clock: { now: () => 1 }, journal: memoryJournal(), keepEvents: 100 })
    await hub.open('root')
    const told = hub.from(SOURCE, 'run')
    const row = { kind: 'status', threadId: 'root', status: 'running', at: 1 } as const
    for (let turns = 0; turns < 20; turns++) {
      await told.keep({ row })
      for (let turn = 0; turn < turns; turn++) await undefined
      assert.ok(await told.keep({ row }), `${turns} microtasks later`)
    }
  })
  it('are kept by the time that the tree is let go, and none that comes later is', async () => {
    const journal = memoryJournal()
    const hub = eventHub({ clock: { now: () => 1 }, journal, keepEvents: 100 })
    await hub.open('root')
    const told = hub.from(SOURCE, 'run')
    told.emit({ type: 'model.started' })
    const closed = hub.close('root')
    assert.throws(() => told.emit({ type: 'model.started' }))
    await closed
    assert.equal(await journal.lastSeq('root'), 1)
    await new Promise(setImmediate)
    assert.equal(await journal.lastSeq('root'), 1)
  })
})
