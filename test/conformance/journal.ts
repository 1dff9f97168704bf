import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Ask, AskRecord } from '../../state/asks.ts'
import type { Decision } from '../../state/decisions.ts'
import type { Journal } from '../../state/journal.ts'
import type { ThreadRecord } from '../../state/threads.ts'
import { anAsk, aThread } from '../support/records.ts'

export interface OpenJournal {
  readonly journal: Journal
  readonly close: () => Promise<void>
}

const APPROVAL = { decision: { kind: 'approve', scope: 'once' }, by: { kind: 'person' }, at: 9 } as const
/** Text that is hard to keep: NUL, half of a surrogate pair, a quote, and what JSON and SQL would read. */
const HARD_TEXT = 'a\0b \ud800 😀 "c" \\u0000 \'; drop table deputy_asks; --\r\n'

const askIds = (records: readonly AskRecord[]) => records.map((record) => record.ask.id)
const threadIds = (threads: readonly ThreadRecord[]) => threads.map((thread) => thread.threadId)

/** What every journal must do. `open` gives an empty one. */
export function describeJournal(name: string, open: () => Promise<OpenJournal>): void {
  describe(name, () => {
    let opened: OpenJournal
    let journal: Journal

    beforeEach(async () => {
      opened = await open()
      journal = opened.journal
    })
    afterEach(() => opened.close())

    const openAsk = (id: string, { rootThreadId = 'root', at = 1, ...fields }: Partial<Ask> & Opening = {}) =>
      journal.openAsk({ ask: anAsk(id, fields), rootThreadId, at })

    describe('threads', () => {
      it('gives back what was saved', async () => {
        const bare = aThread('root', { parentThreadId: null, taskId: null, workspace: null, createdAt: 1.5 })
        await journal.saveThread(bare)
        await journal.saveThread(aThread('child', { task: HARD_TEXT, updatedAt: Date.UTC(2200, 1) }))
        expect(await journal.thread('root')).toEqual(bare)
        expect(await journal.thread('child')).toEqual(
          aThread('child', { task: HARD_TEXT, updatedAt: Date.UTC(2200, 1) })
        )
      })

      it('knows nothing of a thread that was never saved', async () => {
        expect(await journal.thread('nobody')).toBeUndefined()
      })

      it('replaces all but the time of creation when a thread is saved again', async () => {
        await journal.saveThread(aThread('t'))
        const again: ThreadRecord = {
          threadId: 't',
          rootThreadId: 'other',
          parentThreadId: null,
          taskId: null,
          agent: 'tester',
          path: 'tester',
          task: 'test it',
          workspace: null,
          status: 'failed',
          createdAt: 5,
          updatedAt: 6
        }
        await journal.saveThread(again)
        expect(await journal.thread('t')).toEqual({ ...again, createdAt: 1 })
      })

      it('sets the status of a thread and when it was touched', async () => {
        await journal.saveThread(aThread('t'))
        await journal.setThreadStatus('t', 'asking', 7)
        expect(await journal.thread('t')).toEqual(aThread('t', { status: 'asking', updatedAt: 7 }))
      })

      it('leaves the status of an unknown thread aside', async () => {
        await journal.setThreadStatus('nobody', 'asking', 7)
        expect(await journal.thread('nobody')).toBeUndefined()
      })

      it('lists the threads of one tree, oldest first, of equals the first saved', async () => {
        await journal.saveThread(aThread('late', { createdAt: 9 }))
        await journal.saveThread(aThread('b', { createdAt: 5 }))
        await journal.saveThread(aThread('a', { createdAt: 5 }))
        await journal.saveThread(aThread('root', { createdAt: 1, parentThreadId: null }))
        await journal.saveThread(aThread('stranger', { rootThreadId: 'elsewhere' }))
        await journal.saveThread(aThread('b', { createdAt: 99 }))
        expect(threadIds(await journal.threadsOf('root'))).toEqual(['root', 'b', 'a', 'late'])
        expect(await journal.threadsOf('nowhere')).toEqual([])
      })

      it('lists as many roots as asked for, the last touched first, of equals the last saved', async () => {
        for (const [threadId, updatedAt] of [
          ['r1', 1],
          ['r2', 4],
          ['r3', 4],
          ['r4', 2]
        ] as const)
          await journal.saveThread(aThread(threadId, { rootThreadId: threadId, parentThreadId: null, updatedAt }))
        await journal.saveThread(aThread('child', { rootThreadId: 'r1', parentThreadId: 'r1', updatedAt: 99 }))
        expect(threadIds(await journal.roots({ limit: 10 }))).toEqual(['r3', 'r2', 'r4', 'r1'])
        await journal.setThreadStatus('r1', 'completed', 5)
        expect(threadIds(await journal.roots({ limit: 2 }))).toEqual(['r1', 'r3'])
        expect(await journal.roots({ limit: 0 })).toEqual([])
      })

      it('is not touched by what its callers do to their records', async () => {
        const thread = aThread('t')
        await journal.saveThread(thread)
        thread.agent = 'changed after'
        const read = await journal.thread('t')
        read!.agent = 'changed as well'
        for (const listed of await journal.threadsOf('root')) listed.agent = 'and this'
        expect(await journal.thread('t')).toEqual(aThread('t'))
      })
    })

    describe('asks', () => {
      it('gives back an ask as it was opened', async () => {
        const args = { z: 1, a: [HARD_TEXT, null, { deep: true }], '1': 0.1 }
        expect(await openAsk('a', { args, reason: HARD_TEXT, at: 3 })).toBe(true)
        const record = await journal.ask('a')
        expect(record).toEqual({
          status: 'open',
          ask: anAsk('a', { args, reason: HARD_TEXT }),
          rootThreadId: 'root',
          openedAt: 3
        })
        expect(JSON.stringify(record?.ask.args)).toBe(JSON.stringify(args)) // the same order of keys
      })

      it('knows nothing of an ask that was never opened', async () => {
        expect(await journal.ask('nobody')).toBeUndefined()
      })

      it('leaves an ask that exists as it is, in whatever status', async () => {
        await openAsk('open')
        await openAsk('decided')
        await openAsk('withdrawn', { threadId: 'gone' })
        await journal.decideAsk('decided', APPROVAL)
        await journal.withdrawAsks(['gone'])
        const before = await Promise.all(['open', 'decided', 'withdrawn'].map((id) => journal.ask(id)))
        for (const id of ['open', 'decided', 'withdrawn'])
          expect(await openAsk(id, { tool: 'other', at: 8 })).toBe(false)
        expect(await Promise.all(['open', 'decided', 'withdrawn'].map((id) => journal.ask(id)))).toEqual(before)
      })

      it('lists open asks, oldest first, of equals the first opened; of one tree or of all', async () => {
        await openAsk('late', { at: 9 })
        await openAsk('b', { at: 5 })
        await openAsk('a', { at: 5, rootThreadId: 'other' })
        await openAsk('decided', { at: 1 })
        await openAsk('withdrawn', { at: 1, threadId: 'gone' })
        await journal.decideAsk('decided', APPROVAL)
        await journal.withdrawAsks(['gone'])
        expect(askIds(await journal.openAsks())).toEqual(['b', 'a', 'late'])
        expect(askIds(await journal.openAsks({}))).toEqual(['b', 'a', 'late'])
        expect(askIds(await journal.openAsks({ rootThreadId: 'root' }))).toEqual(['b', 'late'])
        expect(await journal.openAsks({ rootThreadId: 'nowhere' })).toEqual([])
      })

      it('gives the asks with certain ids once each and leaves unknown ones out', async () => {
        await openAsk('a')
        await openAsk('b')
        await openAsk('c')
        expect(askIds(await journal.asks(['c', 'nobody', 'a', 'a'])).toSorted()).toEqual(['a', 'c'])
        expect(await journal.asks([])).toEqual([])
      })

      const decisions: Decision[] = [
        { kind: 'approve', scope: 'subtree' },
        { kind: 'edit', args: { command: 'npm run lint' } },
        { kind: 'reject', reason: HARD_TEXT },
        { kind: 'answer', value: { free: ['form'] } }
      ]
      it.each(decisions)('keeps the decision $kind and who decided', async (decision) => {
        const by = { kind: 'rule', path: 'lead', reason: HARD_TEXT } as const
        await openAsk('a', { at: 3 })
        expect(await journal.decideAsk('a', { decision, by, at: 7 })).toBe(true)
        const decided = {
          status: 'decided',
          ask: anAsk('a'),
          rootThreadId: 'root',
          openedAt: 3,
          decision,
          by,
          decidedAt: 7
        }
        expect(await journal.ask('a')).toEqual(decided)
      })

      it('reads an answer that is undefined', async () => {
        await openAsk('a')
        await journal.decideAsk('a', { ...APPROVAL, decision: { kind: 'answer', value: undefined } })
        const record = await journal.ask('a')
        expect(record?.status === 'decided' && record.decision).toMatchObject({ kind: 'answer' })
      })

      it('takes one decision: the first stands', async () => {
        await openAsk('a')
        expect(await journal.decideAsk('a', APPROVAL)).toBe(true)
        const first = await journal.ask('a')
        const second = { decision: { kind: 'reject', reason: 'too late' }, by: { kind: 'person' }, at: 10 } as const
        expect(await journal.decideAsk('a', second)).toBe(false)
        expect(await journal.ask('a')).toEqual(first)
      })

      it('takes no decision for an ask that is unknown or withdrawn', async () => {
        await openAsk('withdrawn')
        await journal.withdrawAsks(['thread-1'])
        expect(await journal.decideAsk('withdrawn', APPROVAL)).toBe(false)
        expect(await journal.decideAsk('nobody', APPROVAL)).toBe(false)
        expect((await journal.ask('withdrawn'))?.status).toBe('withdrawn')
      })

      it('takes one of fifty decisions that come at once', async () => {
        await openAsk('a')
        await expectOneWinner([journal], 'a')
      })

      it('opens an ask once when fifty open it at once', async () => {
        const news = await Promise.all(Array.from({ length: 50 }, () => openAsk('a')))
        expect(news.filter(Boolean)).toHaveLength(1)
        expect(askIds(await journal.openAsks())).toEqual(['a'])
      })

      it('withdraws the open asks of certain threads and no others', async () => {
        await openAsk('gone-1', { threadId: 'gone', at: 2 })
        await openAsk('gone-decided', { threadId: 'gone' })
        await openAsk('left', { threadId: 'gone too' })
        await openAsk('stays', { threadId: 'here' })
        await journal.decideAsk('gone-decided', APPROVAL)
        await journal.withdrawAsks(['gone', 'gone too', 'unknown'])
        await journal.withdrawAsks([])
        const ask = anAsk('gone-1', { threadId: 'gone' })
        expect(await journal.ask('gone-1')).toEqual({ status: 'withdrawn', ask, rootThreadId: 'root', openedAt: 2 })
        expect((await journal.ask('gone-decided'))?.status).toBe('decided')
        expect(askIds(await journal.openAsks())).toEqual(['stays'])
      })

      it('is not touched by what its callers do to their records', async () => {
        const ask = anAsk('a', { args: { command: 'ls' } })
        await journal.openAsk({ ask, rootThreadId: 'root', at: 1 })
        const deface = (target: Ask) => Object.assign(target.args as object, { command: 'rm -rf /' })
        deface(ask)
        deface((await journal.ask('a'))!.ask)
        for (const record of [...(await journal.openAsks()), ...(await journal.asks(['a']))]) deface(record.ask)
        expect((await journal.ask('a'))?.ask.args).toEqual({ command: 'ls' })
      })
    })

    describe('outputs', () => {
      it('gives back the whole text, by thread and call', async () => {
        const long = 'x'.repeat(300_000)
        await journal.put({ threadId: 't', toolCallId: 'c1', text: HARD_TEXT })
        await journal.put({ threadId: 't', toolCallId: 'c2', text: long })
        await journal.put({ threadId: 'u', toolCallId: 'c1', text: '' })
        expect(await journal.get({ threadId: 't', toolCallId: 'c1' })).toBe(HARD_TEXT)
        expect(await journal.get({ threadId: 't', toolCallId: 'c2' })).toBe(long)
        expect(await journal.get({ threadId: 'u', toolCallId: 'c1' })).toBe('')
        expect(await journal.get({ threadId: 'u', toolCallId: 'c2' })).toBeUndefined()
      })

      it('keeps the last text that was put', async () => {
        await journal.put({ threadId: 't', toolCallId: 'c', text: 'first' })
        await journal.put({ threadId: 't', toolCallId: 'c', text: 'second' })
        expect(await journal.get({ threadId: 't', toolCallId: 'c' })).toBe('second')
      })
    })
  })
}

interface Opening {
  rootThreadId?: string
  at?: number
}

/** Decides an open ask fifty times at once, in turn through each journal: exactly one is told that it did. */
export async function expectOneWinner(journals: readonly Journal[], askId: string): Promise<void> {
  const attempts = Array.from({ length: 50 }, (_, attempt) => {
    const decision = { kind: 'answer', value: attempt } as const
    return journals[attempt % journals.length]!.decideAsk(askId, { ...APPROVAL, decision })
  })
  const won = await Promise.all(attempts)
  expect(won.filter(Boolean)).toHaveLength(1)
  const decision = { kind: 'answer', value: won.indexOf(true) }
  for (const journal of journals) expect(await journal.ask(askId)).toMatchObject({ status: 'decided', decision })
}
