import { type BaseCheckpointSaver, emptyCheckpoint, uuid6 } from '@langchain/langgraph-checkpoint'
import { describe, expect, it, onTestFinished } from 'vitest'
import { openStore } from '../../checkpointers/open.ts'
import type { Store } from '../../checkpointers/store.ts'
import type { Lease } from '../../state/leases.ts'
import { appendEvents } from '../support/kept.ts'
import { anEvent, aThread } from '../support/records.ts'
import type { StorePlace } from '../support/stores.ts'

const METADATA = { source: 'loop', step: 1, parents: {} } as const

/** Puts a checkpoint whose one channel holds `value`; of one with the same id nothing is left. */
export function putCheckpoint(saver: BaseCheckpointSaver, threadId: string, { id = uuid6(0), value = 'v' } = {}) {
  const version = `1.${value}`
  const checkpoint = { ...emptyCheckpoint(), id, channel_values: { text: value }, channel_versions: { text: version } }
  const config = { configurable: { thread_id: threadId, checkpoint_ns: '' } }
  return saver.put(config, checkpoint, METADATA, { text: version })
}

/** All that a saver knows of a thread. */
async function known(saver: BaseCheckpointSaver, threadId: string): Promise<unknown[]> {
  const tuples = []
  for await (const tuple of saver.list({ configurable: { thread_id: threadId } })) tuples.push(tuple)
  return tuples
}

/** What every store that processes may share must refuse to a holder that comes too late. */
export function describeFence(name: string, makePlace: () => Promise<StorePlace>): void {
  describe(name, () => {
    /** Two stores on one database that knows a tree of two threads. */
    async function openTwo() {
      const place = await makePlace()
      onTestFinished(place.remove)
      const [a, b] = [await openStore(place.url), await openStore(place.url)]
      onTestFinished(async () => void (await Promise.all([a.close(), b.close()])))
      await a.journal.saveThread(aThread('root', { parentThreadId: null }))
      await a.journal.saveThread(aThread('child'))
      return { a, b, url: place.url }
    }

    const acquire = ({ journal, holder }: Store, now: number, suffix = ''): Promise<Lease | undefined> =>
      journal.acquireLease({ rootThreadId: 'root', holder: holder + suffix, now, ttlMs: 10 })
    const expectLost = (writing: Promise<unknown>) =>
      expect(writing).rejects.toMatchObject({ name: 'RuntimeError', code: 'LEASE_LOST' })

    const lateStatus = { kind: 'status', threadId: 'child', status: 'failed', at: 99 } as const

    it('gives each open store a name of its own', async () => {
      const { a, b } = await openTwo()
      expect(a.holder).toMatch(/^[0-9a-f-]{36}$/)
      expect(b.holder).not.toBe(a.holder)
    })

    it('refuses all that a late holder writes on any thread of the tree, and nothing is changed by it', async () => {
      const { a, b } = await openTwo()
      await acquire(a, 0, '/first')
      const id = uuid6(0)
      const there = await putCheckpoint(a.saver, 'child', { id })
      await a.saver.putWrites(there, [['text', 'kept']], 'task')
      await a.saver.putWrites(there, [['__interrupt__', 'kept']], 'task')
      await appendEvents(a.journal, [anEvent(1, { threadId: 'child' })])
      expect(await acquire(b, 10, '/second')).toMatchObject({ token: 2 })
      const before = await known(a.saver, 'child')

      await expectLost(putCheckpoint(a.saver, 'root'))
      await expectLost(putCheckpoint(a.saver, 'child'))
      await expectLost(putCheckpoint(a.saver, 'child', { id, value: 'late' }))
      await expectLost(a.saver.putWrites(there, [['text', 'late']], 'task'))
      await expectLost(a.saver.putWrites(there, [['text', 'late']], 'another'))
      await expectLost(a.saver.putWrites(there, [['__interrupt__', 'late']], 'task'))
      await expectLost(appendEvents(a.journal, [anEvent(2, { threadId: 'child' })], { keep: 1 }))
      await expectLost(a.journal.append([{ row: lateStatus }], { rootThreadId: 'root', after: 1 }))
      expect(await b.journal.thread('child')).toEqual(aThread('child'))
      expect(await known(b.saver, 'child')).toEqual(before)
      expect(await known(b.saver, 'root')).toEqual([])
      expect(await b.journal.lastSeq('root')).toBe(1)
      expect(await b.journal.eventsOf('root', { after: 0, limit: 9 })).toHaveLength(1)

      const next = await putCheckpoint(b.saver, 'child', { value: 'next' })
      await b.saver.putWrites(next, [['text', 'next']], 'task')
      await b.saver.putWrites(there, [['__interrupt__', 'next']], 'task')
      await appendEvents(b.journal, [anEvent(2, { threadId: 'child' })])
      await b.journal.append([{ row: { ...lateStatus, status: 'completed' } }], { rootThreadId: 'root', after: 2 })
      expect(await known(a.saver, 'child')).toHaveLength(2)
    })

    it('refuses also when the lease of the other has expired, until it is one’s own again', async () => {
      const { a, b } = await openTwo()
      await acquire(b, 0)
      await expectLost(putCheckpoint(a.saver, 'root'))
      expect(await acquire(a, 10)).toMatchObject({ token: 2 })
      await putCheckpoint(a.saver, 'root')
      await expectLost(putCheckpoint(b.saver, 'root'))
    })

    it('refuses also when the other has given the lease back, until it is one’s own again', async () => {
      const { a, b } = await openTwo()
      await acquire(a, 0)
      const lease = await acquire(b, 10)
      await b.journal.releaseLease(lease!)
      await expectLost(putCheckpoint(a.saver, 'root'))
    })

    it('lets a holder write again that has the lease again after the other gave it back', async () => {
      const { a, b } = await openTwo()
      await acquire(a, 0)
      const lease = await acquire(b, 10)
      await expectLost(putCheckpoint(a.saver, 'root'))
      await b.journal.releaseLease(lease!)
      expect(await acquire(a, 11)).toMatchObject({ token: 3 })
      await putCheckpoint(a.saver, 'root')
      expect(await known(b.saver, 'root')).toHaveLength(1)
    })

    it('is for the leased tree only: other trees, and threads of none, are written by anybody', async () => {
      const { a, b } = await openTwo()
      await a.journal.saveThread(aThread('other', { rootThreadId: 'other', parentThreadId: null }))
      await acquire(a, 0)
      for (const { saver } of [a, b])
        for (const threadId of ['other', 'in no tree']) await putCheckpoint(saver, threadId)
      expect(await known(a.saver, 'other')).toHaveLength(2)
    })

    it('takes another name that begins like its own for another', async () => {
      const { a, b } = await openTwo()
      await acquire({ ...b, holder: `${a.holder}x` }, 0)
      await expectLost(putCheckpoint(a.saver, 'root'))
    })
  })
}
