import { describe, expect, it } from 'vitest'
import type { Journal } from '../../state/journal.ts'
import { appendEvents, writeRows } from '../support/kept.ts'
import { aGrant, aLabel, aLetter, anAsk, anEvent, aThread } from '../support/records.ts'

const NOW = 1000
const tree = { rootThreadId: 'root', now: NOW, until: NOW }
const root = aThread('root', { parentThreadId: null, status: 'completed' })
const child = aThread('child', { status: 'completed' })
const ask = { ask: anAsk('ask', { threadId: 'child' }), rootThreadId: 'root', at: 1 }
const decided = { decision: { kind: 'approve', scope: 'once' }, by: { kind: 'person' }, at: 2 } as const

/** What every journal must do with trees that are let go. */
export function describeDeletedTrees(opened: () => Journal): void {
  async function withTree(): Promise<Journal> {
    const journal = opened()
    for (const thread of [root, child]) await journal.saveThread(thread)
    await appendEvents(journal, [anEvent(1, { threadId: 'root' }), anEvent(2, { threadId: 'child' })])
    await journal.openAsk(ask)
    await journal.decideAsk('ask', decided)
    await journal.put({ threadId: 'child', toolCallId: 'call-1', text: 'said' })
    const usage = { input: 1, output: 1, cached: 0, reasoning: 0, calls: 1 }
    await writeRows(journal, {
      kind: 'usage',
      rootThreadId: 'root',
      threadId: 'child',
      usage,
      workedMs: 1,
      begins: false
    })
    return journal
  }

  describe('a tree that is deleted', () => {
    it('is gone with all that it had, and leaves the others as they were', async () => {
      const journal = await withTree()
      await journal.saveThread(aThread('other', { rootThreadId: 'other', parentThreadId: null }))
      expect(await journal.deleteTree({ ...tree, dryRun: true })).toMatchObject({ threads: 2 })
      expect(await journal.threadsOf('root')).toHaveLength(2)
      expect(await journal.deleteTree(tree)).toMatchObject({ threads: 2, events: 2 })
      expect(await journal.threadsOf('root')).toEqual([])
      expect(await journal.eventsOf('root', { after: 0, limit: 9 })).toEqual([])
      expect(await journal.ask('ask')).toBeUndefined()
      expect(await journal.get({ threadId: 'child', toolCallId: 'call-1' })).toBeUndefined()
      expect(await journal.usageOf('root')).toEqual([])
      expect(await journal.roots({ limit: 9 })).toHaveLength(1)
    })

    it('stays deleted, whatever somebody writes who comes too late', async () => {
      const journal = await withTree()
      await journal.deleteTree(tree)
      const letter = aLetter('late', { rootThreadId: 'root', threadId: 'root' })
      const label = aLabel('late', { rootThreadId: 'root', threadId: 'root' })
      const late: (() => Promise<unknown>)[] = [
        () => journal.saveThread(root),
        () => journal.saveThread(aThread('new child')),
        () => appendEvents(journal, [anEvent(3, { threadId: 'child' })]),
        () => appendEvents(journal, [anEvent(3, { threadId: 'new child' })]),
        () => journal.append([{ row: { kind: 'letter.begun', letterId: 'x' } }], { rootThreadId: 'root', after: 0 }),
        () => journal.openAsk({ ...ask, ask: anAsk('late', { threadId: 'root' }) }),
        () => journal.send(letter),
        () => journal.acquireLease({ rootThreadId: 'root', holder: 'me', now: NOW, ttlMs: 10 }),
        () => journal.grant(aGrant('late', { rootThreadId: 'root', threadId: 'root' })),
        () => journal.setCap({ rootThreadId: 'root', limit: 'tokens', cap: 1 }),
        () => journal.label(label),
        () => journal.put({ threadId: 'child', toolCallId: 'call-1', text: 'late' })
      ]
      for (const write of late) await expect(write()).rejects.toMatchObject({ code: 'THREAD_DELETED' })
      await journal.setThreadStatus('root', 'running', NOW)
      expect(await journal.threadsOf('root')).toEqual([])
      expect(await journal.lastSeq('root')).toBe(0)
      expect(await journal.lease('root')).toBeUndefined()
      expect(await journal.letters('root')).toEqual([])
    })

    it.each([
      ['asking', (journal: Journal) => journal.openAsk({ ...ask, ask: anAsk('open', { threadId: 'child' }) })],
      ['labelled', (journal: Journal) => journal.label(aLabel('mine', { rootThreadId: 'root' }))],
      ['live', (journal: Journal) => journal.acquireLease({ rootThreadId: 'root', holder: 'me', now: NOW, ttlMs: 10 })],
      ['unfinished', (journal: Journal) => journal.setThreadStatus('child', 'paused', 1)],
      ['unfinished', (journal: Journal) => journal.send(aLetter('l', { rootThreadId: 'root', kind: 'queue' }))],
      ['young', (journal: Journal) => journal.setThreadStatus('child', 'completed', NOW + 1)]
    ] as const)('is not deleted where it is %s', async (held, hold) => {
      const journal = await withTree()
      await hold(journal)
      expect(await journal.deleteTree(tree)).toEqual({ held })
      expect(await journal.threadsOf('root')).toHaveLength(2)
      expect(await journal.eventsOf('root', { after: 0, limit: 9 })).toHaveLength(2)
    })
  })
}
