import { describe, expect, it, onTestFinished } from 'vitest'
import { openStore } from '../../checkpointers/open.ts'
import type { Journal } from '../../state/journal.ts'
import { execute } from '../support/execute.ts'
import { appendEvents, beginCall } from '../support/kept.ts'
import { aCall, aGrant, aLetter, anAsk, anEvent, aThread } from '../support/records.ts'
import type { StorePlace } from '../support/stores.ts'

const ALL = { after: 0, limit: 10 }

/** What every journal that survives its process must make of rows that somebody else has damaged. */
export function describeDamage(name: string, makePlace: () => Promise<StorePlace>): void {
  describe(name, () => {
    async function open() {
      const place = await makePlace()
      onTestFinished(place.remove)
      const { journal, close } = await openStore(place.url)
      onTestFinished(close)
      const damage = (sql: string) => execute(place.url, sql)
      return { journal, damage }
    }

    const expectBadStore = (reading: Promise<unknown>, ...words: string[]) =>
      expect(reading).rejects.toMatchObject({
        code: 'BAD_STORE',
        message: expect.stringMatching(words.join('.*'))
      })
    const expectNamed = (journal: Journal, ...words: string[]) =>
      expect(journal.damaged()).toEqual([expect.stringMatching(words.join('.*'))])

    it('names a damaged thread and shows the others', async () => {
      const { journal, damage } = await open()
      for (const id of ['a', 'bad', 'c']) await journal.saveThread(aThread(id, { parentThreadId: null }))
      await damage("update deputy_threads set status = 'lost' where thread_id = 'bad'")
      expect((await journal.threadsOf('root')).map(({ threadId }) => threadId)).toEqual(['a', 'c'])
      expect((await journal.roots({ limit: 2 })).map(({ threadId }) => threadId)).toEqual(['c', 'a'])
      expect((await journal.roots({ limit: 1 })).map(({ threadId }) => threadId)).toEqual(['c'])
      await expectBadStore(journal.thread('bad'), 'deputy_threads', '"bad"', 'status')
      expectNamed(journal, 'deputy_threads', '"bad"')
    })

    it('takes damage to what is said of a tree for no leave', async () => {
      const { journal, damage } = await open()
      const said = (policy: string) => damage(`update deputy_threads set policy = '${policy}' where thread_id = 'root'`)
      const policy = { profile: 'plan', rules: [] }
      await journal.saveThread(aThread('root', { parentThreadId: null, policy }))
      for (const bad of [
        '{',
        'null',
        '{}',
        '{"profile":null}',
        '{"profile":null,"rules":[{"tool":"shell","verdict":"alow"}]}',
        '{"profile":null,"rules":[{"tool":"shell","verdict":"allow","only":"on Sundays"}]}',
        '{"profile":null,"rules":[],"limits":1}'
      ]) {
        await said(bad)
        await expectBadStore(journal.thread('root'), 'deputy_threads', '"root"')
      }
      await said(JSON.stringify(policy))
      expect((await journal.thread('root'))?.policy).toEqual(policy)
    })

    it('names a damaged ask and shows the others', async () => {
      const { journal, damage } = await open()
      for (const id of ['a', 'bad', 'c']) await journal.openAsk({ ask: anAsk(id), rootThreadId: 'root', at: 1 })
      await damage("update deputy_asks set ask = '{' where id = 'bad'")
      expect((await journal.openAsks()).map(({ ask }) => ask.id)).toEqual(['a', 'c'])
      expect((await journal.openAsks({ rootThreadId: 'root' })).map(({ ask }) => ask.id)).toEqual(['a', 'c'])
      await expectBadStore(journal.ask('bad'), 'deputy_asks', '"bad"', 'JSON')
      await expectBadStore(journal.asks(['a', 'bad']), 'deputy_asks', '"bad"')
      expectNamed(journal, 'deputy_asks', '"bad"')
    })

    it('names a damaged grant, which permits nothing, and shows the others', async () => {
      const { journal, damage } = await open()
      for (const id of ['a', 'bad', 'c']) await journal.grant(aGrant(id))
      await damage("update deputy_grants set scope = 'forever' where id = 'bad'")
      const holding = await journal.grants({ threadIds: ['thread-1'], now: 2 })
      expect(holding.map(({ id }) => id)).toEqual(['a', 'c'])
      expect((await journal.grantsOf('root')).map(({ id }) => id)).toEqual(['a', 'c'])
      expectNamed(journal, 'deputy_grants', '"bad"', 'scope')
      expect(await journal.revokeGrant('bad', 2)).toBe(true)
    })

    it('tells whose a damaged row is', async () => {
      const { journal, damage } = await open()
      await journal.saveThread(aThread('root', { principal: 'a' }))
      await journal.openAsk({ ask: anAsk('bad'), rootThreadId: 'root', at: 1 })
      await damage("update deputy_asks set ask = '{' where id = 'bad'")
      await damage("update deputy_threads set status = 'lost'")
      expect(await journal.ownerOf({ threadId: 'root' })).toEqual({ principal: 'a' })
      expect(await journal.ownerOf({ askId: 'bad' })).toEqual({ principal: 'a' })
      expect(journal.damaged()).toEqual([])
    })

    it('names a damaged output', async () => {
      const { journal, damage } = await open()
      for (const toolCallId of ['a', 'bad']) await journal.put({ threadId: 't', toolCallId, text: toolCallId })
      await damage("update deputy_outputs set text = '7' where tool_call_id = 'bad'")
      expect(await journal.get({ threadId: 't', toolCallId: 'a' })).toBe('a')
      await expectBadStore(journal.get({ threadId: 't', toolCallId: 'bad' }), 'deputy_outputs', '"t" "bad"')
    })

    it('names a damaged lease', async () => {
      const { journal, damage } = await open()
      for (const rootThreadId of ['a', 'bad'])
        await journal.acquireLease({ rootThreadId, holder: 'me', now: 0, ttlMs: 10 })
      await damage("update deputy_leases set token = 0 where root_thread_id = 'bad'")
      expect(await journal.lease('a')).toMatchObject({ token: 1 })
      await expectBadStore(journal.lease('bad'), 'deputy_leases', '"bad"', 'token')
    })

    it('names a damaged call and shows the others', async () => {
      const { journal, damage } = await open()
      for (const id of ['a', 'bad', 'c']) await beginCall(journal, aCall(id))
      await damage("update deputy_calls set effect = 'some' where tool_call_id = 'bad'")
      expect((await journal.startedCalls()).map(({ toolCallId }) => toolCallId)).toEqual(['a', 'c'])
      await expectBadStore(beginCall(journal, aCall('bad')), 'deputy_calls', '"thread-1" "bad"', 'effect')
      expectNamed(journal, 'deputy_calls', '"thread-1" "bad"')
    })

    it('names a damaged letter, shows the others and lets it be taken', async () => {
      const { journal, damage } = await open()
      for (const id of ['a', 'bad', 'c']) await journal.send(aLetter(id))
      await damage("update deputy_letters set kind = 'poem' where id = 'bad'")
      expect((await journal.letters('root')).map(({ id }) => id)).toEqual(['a', 'c'])
      expectNamed(journal, 'deputy_letters', '"bad"', 'kind')
      expect(await journal.takeLetter('bad')).toBe(true)
    })

    it('names damaged events and fills the page with those behind them', async () => {
      const { journal, damage } = await open()
      await appendEvents(
        journal,
        [1, 2, 3, 4, 5, 6].map((seq) => anEvent(seq))
      )
      await damage("update deputy_events set event = 'no json' where seq in (2, 3)")
      await damage("update deputy_events set event = replace(event, 'turn.started', 'turn.unknown') where seq = 5")
      const seqsOf = async (page: typeof ALL) => (await journal.eventsOf('root', page)).map(({ seq }) => seq)
      expect(await seqsOf(ALL)).toEqual([1, 4, 6])
      expect(await seqsOf({ after: 0, limit: 2 })).toEqual([1, 4])
      expect(await seqsOf({ after: 1, limit: 1 })).toEqual([4])
      expect(await seqsOf({ after: 4, limit: 5 })).toEqual([6])
      expect(await journal.lastSeq('root')).toBe(6)
      const named = journal.damaged().toSorted()
      expect(named).toEqual([2, 3, 5].map((seq) => expect.stringContaining(`deputy_events "root" ${seq}: `)))
    })
  })
}
