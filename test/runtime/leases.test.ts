import { assert, describe, it } from 'vitest'
import { memoryJournal } from '../../checkpointers/memory/journal.ts'
import { treeLeases } from '../../runtime/leases.ts'
import type { LeaseRows } from '../../state/journal.ts'
import { manualClock } from '../crash/manual-clock.ts'

const TTL_MS = 30

describe('the lease of a tree', () => {
  for (const last of ['its runs have ended', 'what they told is let go'])
    it(`is not taken anew by one who slept past it before ${last}`, async () => {
      const { leases, journal, clock, beat, noticed } = tree()
      const sleepers = [await leases.hold('root'), await leases.hold('root')]
      clock.advance(TTL_MS)
      const other = await journal.acquireLease({
        rootThreadId: 'root',
        holder: 'other',
        now: clock.now(),
        ttlMs: TTL_MS
      })
      await journal.releaseLease(other!)
      beat()
      await noticed.lost
      const taking = leases.hold('root')
      const ends = [...sleepers.map((part) => part!.release), noticed.letGo]
      if (last === 'its runs have ended') ends.unshift(ends.pop()!)
      for (const end of ends) {
        await turns(20)
        assert.equal((await journal.lease('root'))!.holder, 'other')
        await end()
      }
      const later = await taking
      assert.equal((await journal.lease('root'))!.holder, 'me')
      await later!.release()
      assert.equal((await journal.lease('root'))!.expiresAt, 0)
    })

  it('is lost for all who have a part in it where the store has refused one of them', async () => {
    const { leases, journal, noticed } = tree()
    const [one, other] = [await leases.hold('root'), await leases.hold('root')]
    one!.lose()
    assert.isTrue(noticed.isLost)
    assert.deepEqual(leases.held(), [])
    noticed.letGo()
    const taking = leases.hold('root')
    await one!.release()
    await other!.release()
    const later = await taking
    one!.lose()
    assert.deepEqual(leases.held(), ['root'], 'what was lost once is lost')
    await later!.release()
    assert.equal((await journal.lease('root'))!.expiresAt, 0)
  })

  it('is not lost by one who has given it back while it was looked after, and taken it anew', async () => {
    const rows = memoryJournal()
    let answer = () => {}
    const answered = new Promise<void>((resolve) => {
      answer = resolve
    })
    const renewLease: typeof rows.renewLease = async (...args) => {
      const renewed = await rows.renewLease(...args)
      await answered
      return renewed
    }
    const { leases, journal, clock, beat, noticed } = tree({ ...rows, renewLease })
    noticed.letGo()
    const first = await leases.hold('root')
    clock.advance(TTL_MS)
    const other = await journal.acquireLease({ rootThreadId: 'root', holder: 'other', now: clock.now(), ttlMs: TTL_MS })
    await journal.releaseLease(other!)
    beat()
    await turns(20)
    await first!.release()
    const later = await leases.hold('root')
    answer()
    await turns(20)
    assert.deepEqual(leases.held(), ['root'])
    assert.isFalse(noticed.isLost)
    await later!.release()
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
    const part = await leases.hold('root')
    await part!.release()
    assert.deepEqual([...expiries, await expiry()], [clock.now() + TTL_MS, 0])
  })
})

/** The leases of one runtime on a journal, with what it notices in hand. */
function tree(journal: LeaseRows = memoryJournal()) {
  const clock = manualClock()
  const beats: (() => void)[] = []
  let letGo = () => {}
  const gone = new Promise<void>((resolve) => {
    letGo = resolve
  })
  let lose = () => {}
  const noticed = {
    isLost: false,
    lost: new Promise<void>((resolve) => {
      lose = resolve
    }),
    letGo: () => letGo()
  }
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
    gone: () => gone,
    lost() {
      noticed.isLost = true
      lose()
    }
  })
  const beat = () => {
    for (const each of beats) each()
  }
  return { leases, journal, clock, beat, noticed }
}

async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn++) await new Promise(setImmediate)
}
