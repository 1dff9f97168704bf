import { assert, describe, it } from 'vitest'
import { memoryJournal } from '../../checkpointers/memory/journal.ts'
import { treeLeases } from '../../runtime/leases.ts'
import { manualClock } from '../crash/manual-clock.ts'

const TTL_MS = 30

describe('the lease of a tree', () => {
  it('is not given back by a run that has slept past it, where a later run has taken it anew', async () => {
    const journal = memoryJournal()
    const clock = manualClock()
    const beats: (() => void)[] = []
    let noticed = () => {}
    const loss = new Promise<void>((resolve) => {
      noticed = resolve
    })
    const leases = treeLeases({
      journal,
      clock,
      holder: 'me',
      ttlMs: TTL_MS,
      every(_, work) {
        beats.push(work)
        return () => {}
      },
      taken: async () => {},
      gone: async () => {},
      lost: () => noticed()
    })
    const sleeper = await leases.hold('root')
    clock.advance(TTL_MS)
    const other = await journal.acquireLease({ rootThreadId: 'root', holder: 'other', now: clock.now(), ttlMs: TTL_MS })
    await journal.releaseLease(other!)
    for (const beat of beats) beat()
    await loss
    const later = await leases.hold('root')

    await sleeper!()
    const { holder, expiresAt } = (await journal.lease('root'))!
    assert.deepEqual({ holder, expiresAt }, { holder: 'me', expiresAt: clock.now() + TTL_MS })

    await later!()
    assert.equal((await journal.lease('root'))!.expiresAt, 0)
  })

  it('is given back when what was told under it is kept, and not before', async () => {
    const journal = memoryJournal()
    const clock = manualClock()
    const expiry = async () => (await journal.lease('root'))?.expiresAt
    const expiries: (number | undefined)[] = []
    const leases = treeLeases({
      journal,
      clock,
      holder: 'me',
      ttlMs: TTL_MS,
      every: () => () => {},
      taken: async () => {},
      async gone() {
        await new Promise(setImmediate)
        expiries.push(await expiry())
      },
      lost: () => {}
    })
    const release = await leases.hold('root')
    await release!()
    assert.deepEqual([...expiries, await expiry()], [clock.now() + TTL_MS, 0])
  })
})
