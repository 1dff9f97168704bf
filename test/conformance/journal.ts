import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Ask, AskRecord } from '../../state/asks.ts'
import type { CallRecord, KeptResult } from '../../state/call-records.ts'
import type { Decision } from '../../state/decisions.ts'
import type { AgentEvent, EventBody } from '../../state/events.ts'
import type { Grant } from '../../state/grants.ts'
import type { Letter } from '../../state/inbox.ts'
import type { Journal } from '../../state/journal.ts'
import type { Lease } from '../../state/leases.ts'
import { deny } from '../../state/remit.ts'
import type { ThreadRecord } from '../../state/threads.ts'
import { appendEvents, beginCall, finishCall, writeRows } from '../support/kept.ts'
import { aCall, aGrant, aLetter, anAsk, anEvent, aThread } from '../support/records.ts'
import { describeCheckpointRows } from './checkpoint-rows.ts'
import { describeDeletedTrees } from './deleted-trees.ts'
import { describeRetention } from './retention.ts'

export interface OpenJournal {
  readonly journal: Journal
  readonly close: () => Promise<void>
}

const APPROVAL = { decision: { kind: 'approve', scope: 'once' }, by: { kind: 'person' }, at: 9 } as const
/** Text that is hard to keep: NUL, half of a surrogate pair, a quote, and what JSON and SQL would read. */
const HARD_TEXT = 'a\0b \ud800 😀 "c" \\u0000 \'; drop table deputy_asks; --\r\n'

/** Roots, each with its principal. */
const OWNED_TREES = [
  ['a1', 'a'],
  ['b1', 'b'],
  ['n1', null],
  ['a2', 'a']
] as const

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

      it('replaces all but the time of creation and the policy when a thread is saved again', async () => {
        await journal.saveThread(aThread('t'))
        const again: ThreadRecord = {
          threadId: 't',
          rootThreadId: 'other',
          parentThreadId: null,
          principal: null,
          taskId: null,
          agent: 'tester',
          path: 'tester',
          task: 'test it',
          background: true,
          workspace: null,
          policy: { profile: 'trusted', rules: [] },
          status: 'failed',
          createdAt: 5,
          updatedAt: 6
        }
        await journal.saveThread(again)
        expect(await journal.thread('t')).toEqual({ ...again, policy: null, createdAt: 1 })
      })

      it('keeps whose text came with a thread, also when it is saved by who has not heard of it', async () => {
        await journal.saveThread(aThread('t'))
        await journal.saveThread(aThread('t', { untrusted: 'the web' }))
        await journal.saveThread(aThread('t', { status: 'failed' }))
        await journal.saveThread(aThread('t', { untrusted: 'another' }))
        expect(await journal.thread('t')).toEqual(aThread('t', { untrusted: 'the web' }))
      })

      it('sets the status of a thread and when it was touched', async () => {
        await journal.saveThread(aThread('t'))
        await journal.setThreadStatus('t', 'asking', 7)
        expect(await journal.thread('t')).toEqual(aThread('t', { status: 'asking', updatedAt: 7 }))
      })

      it('keeps what is said of a tree, whatever is saved of its root later, until something else is said', async () => {
        const root = aThread('root', { parentThreadId: null, policy: { profile: 'plan', rules: [] } })
        await journal.saveThread(root)
        await journal.saveThread(aThread('child'))
        expect((await journal.thread('root'))?.policy).toEqual(root.policy)
        const policy = { profile: null, rules: [{ ...deny('shell', { command: 'git push *' }), reason: HARD_TEXT }] }
        await journal.setPolicy('root', policy)
        await journal.saveThread(root)
        await journal.setThreadStatus('root', 'asking', 7)
        expect((await journal.roots({ limit: 9 })).map((thread) => thread.policy)).toEqual([policy])
        await journal.setPolicy('root', null)
        await journal.setPolicy('nobody', policy)
        expect((await journal.threadsOf('root')).map((thread) => thread.policy)).toEqual([null, null])
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

      it('keeps for whom a thread runs, and refuses it when it is saved for another', async () => {
        for (const principal of ['a', null]) {
          const threadId = `of ${principal}`
          await journal.saveThread(aThread(threadId, { principal }))
          await journal.saveThread(aThread(threadId, { principal, status: 'asking' }))
          for (const other of ['a', 'b', null].filter((each) => each !== principal))
            await expect(journal.saveThread(aThread(threadId, { principal: other }))).rejects.toMatchObject({
              code: 'UNKNOWN_THREAD'
            })
          expect(await journal.thread(threadId)).toEqual(aThread(threadId, { principal, status: 'asking' }))
        }
      })

      it('lists the roots and what is unfinished of one principal, of nobody in particular, or of all', async () => {
        for (const [threadId, principal] of OWNED_TREES) {
          const place = { rootThreadId: threadId, parentThreadId: null, principal }
          await journal.saveThread(aThread(threadId, { ...place, status: 'completed' }))
          await journal.saveThread(aThread(`below ${threadId}`, { ...place, parentThreadId: threadId }))
        }
        await journal.setThreadStatus('below a2', 'failed', 2)
        const listed = async (principal: string | null) => [
          threadIds(await journal.roots({ limit: 9, principal })),
          threadIds(await journal.unfinished({ principal }))
        ]
        expect(await listed('a')).toEqual([['a2', 'a1'], ['a1']])
        expect(await listed('b')).toEqual([['b1'], ['b1']])
        expect(await listed(null)).toEqual([['n1'], ['n1']])
        expect(await listed('nobody')).toEqual([[], []])
        expect(threadIds(await journal.roots({ limit: 1, principal: 'a' }))).toEqual(['a2'])
        expect(threadIds(await journal.roots({ limit: 9 }))).toEqual(['a2', 'n1', 'b1', 'a1'])
        expect(threadIds(await journal.unfinished())).toEqual(['a1', 'b1', 'n1'])
        expect(threadIds(await journal.unfinished({}))).toEqual(['a1', 'b1', 'n1'])
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
        { kind: 'approve', scope: 'session', forMs: 1 },
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

    describe('grants', () => {
      const ids = (grants: readonly Grant[]) => grants.map((grant) => grant.id)
      const holding = async (now: number, ...threadIds: string[]) => ids(await journal.grants({ threadIds, now }))

      it('gives back what was given', async () => {
        const ends = aGrant('ends', { scope: 'subtree', grantedAt: 1.5, expiresAt: Date.UTC(2200, 1) })
        const revoked = aGrant('revoked', { scope: 'turn', grantedAt: 2, revokedAt: 2.5 })
        for (const grant of [aGrant('plain'), ends, revoked]) await journal.grant(grant)
        expect(await journal.grantsOf('root')).toEqual([aGrant('plain'), ends, revoked])
        expect(await journal.grants({ threadIds: ['thread-1'], now: 2 })).toEqual([aGrant('plain'), ends])
      })

      it('leaves a grant that exists as it is, also one that was revoked', async () => {
        for (const id of ['held', 'revoked']) await journal.grant(aGrant(id))
        await journal.revokeGrant('revoked', 5)
        for (const id of ['held', 'revoked']) await journal.grant(aGrant(id, { tool: 'other', expiresAt: 9 }))
        expect(await journal.grantsOf('root')).toEqual([aGrant('held'), aGrant('revoked', { revokedAt: 5 })])
        expect(await holding(6, 'thread-1')).toEqual(['held'])
      })

      it('lists those of certain threads, oldest first, of equals the first given', async () => {
        await journal.grant(aGrant('late', { grantedAt: 9 }))
        await journal.grant(aGrant('b', { grantedAt: 5, threadId: 'thread-2' }))
        await journal.grant(aGrant('a', { grantedAt: 5 }))
        await journal.grant(aGrant('elsewhere', { threadId: 'thread-3', rootThreadId: 'other' }))
        expect(await holding(10, 'thread-1', 'thread-2', 'nobody')).toEqual(['b', 'a', 'late'])
        expect(await holding(10, 'thread-2')).toEqual(['b'])
        expect(await holding(10)).toEqual([])
        expect(ids(await journal.grantsOf('root'))).toEqual(['b', 'a', 'late'])
        expect(await journal.grantsOf('nowhere')).toEqual([])
      })

      it('counts a grant as gone from the moment at which it expires', async () => {
        await journal.grant(aGrant('g', { grantedAt: 1, expiresAt: 10.5 }))
        expect(await holding(10, 'thread-1')).toEqual(['g'])
        expect(await holding(10.5, 'thread-1')).toEqual([])
        expect(ids(await journal.grantsOf('root'))).toEqual(['g'])
      })

      it('revokes a grant once, and none that is unknown', async () => {
        await journal.grant(aGrant('g'))
        await journal.grant(aGrant('other'))
        expect(await journal.revokeGrant('g', 7.5)).toBe(true)
        expect(await journal.revokeGrant('g', 8)).toBe(false)
        expect(await journal.revokeGrant('unknown', 8)).toBe(false)
        expect(await journal.grantsOf('root')).toEqual([aGrant('g', { revokedAt: 7.5 }), aGrant('other')])
        expect(await holding(9, 'thread-1')).toEqual(['other'])
      })

      it('is revoked by one of twenty that do so at once', async () => {
        await journal.grant(aGrant('g'))
        await expectOneRevoker([journal], 'g')
      })

      it('is not touched by what its callers do to their grants', async () => {
        const grant = aGrant('g')
        await journal.grant(grant)
        grant.tool = 'changed after'
        for (const listed of await journal.grantsOf('root')) listed.tool = 'and this'
        for (const listed of await journal.grants({ threadIds: ['thread-1'], now: 2 })) listed.tool = 'and this'
        expect(await journal.grantsOf('root')).toEqual([aGrant('g')])
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

    describe('leases', () => {
      const acquire = (holder: string, { rootThreadId = 'root', now = 0, ttlMs = 10 } = {}) =>
        journal.acquireLease({ rootThreadId, holder, now, ttlMs })

      it('gives a free tree to the first who asks, until its time is over', async () => {
        const lease = { rootThreadId: 'root', holder: 'a', token: 1, expiresAt: 1010.5 }
        expect(await acquire('a', { now: 1000.5 })).toEqual(lease)
        expect(await acquire('b', { now: 1010 })).toBeUndefined()
        expect(await journal.lease('root')).toEqual(lease)
        expect(await acquire('b', { now: 1010.5 })).toEqual({ ...lease, holder: 'b', token: 2, expiresAt: 1020.5 })
        expect(await acquire('a', { now: 1020 })).toBeUndefined()
      })

      it('knows nothing of a tree that nobody held, and keeps each tree for itself', async () => {
        expect(await journal.lease('root')).toBeUndefined()
        await acquire('a')
        expect(await acquire('b', { rootThreadId: 'other' })).toMatchObject({ holder: 'b', token: 1 })
        expect(await journal.lease('root')).toMatchObject({ holder: 'a', token: 1 })
      })

      it('leaves a holder its token, before and after the end', async () => {
        await acquire('a')
        expect(await acquire('a', { now: 5 })).toMatchObject({ token: 1, expiresAt: 15 })
        expect(await acquire('a', { now: 50 })).toMatchObject({ token: 1, expiresAt: 60 })
      })

      it('prolongs a lease for its holder, also a late one that nobody else has taken', async () => {
        const lease = (await acquire('a'))!
        expect(await journal.renewLease(lease, { now: 5, ttlMs: 10 })).toBe(true)
        expect(await acquire('b', { now: 14 })).toBeUndefined()
        expect(await journal.renewLease(lease, { now: 99, ttlMs: 10 })).toBe(true)
        expect(await journal.lease('root')).toEqual({ ...lease, expiresAt: 109 })
      })

      it('is free at once when it is given back; the next holder gets the next token', async () => {
        const first = (await acquire('a'))!
        await journal.releaseLease(first)
        expect(await journal.lease('root')).toEqual({ ...first, expiresAt: 0 })
        const second = (await acquire('b'))!
        expect(second.token).toBe(2)
        await journal.releaseLease(second)
        expect((await acquire('a'))?.token).toBe(3)
      })

      it('is not changed by a holder that comes too late', async () => {
        const late = (await acquire('a'))!
        const present = await acquire('b', { now: 10 })
        const again = (await acquire('a', { now: 20 }))!
        for (const old of [late, { ...again, holder: 'b' }, { ...again, token: 4 }, { ...again, rootThreadId: 'x' }]) {
          expect(await journal.renewLease(old, { now: 21, ttlMs: 1000 })).toBe(false)
          await journal.releaseLease(old)
        }
        expect(present?.token).toBe(2)
        expect(await journal.lease('root')).toEqual({ ...late, token: 3, expiresAt: 30 })
      })

      it('is not prolonged once it was given back', async () => {
        const lease = (await acquire('a'))!
        await journal.releaseLease(lease)
        expect(await journal.renewLease(lease, { now: 1, ttlMs: 10 })).toBe(false)
        expect((await journal.lease('root'))?.expiresAt).toBe(0)
      })

      it('goes to one of twenty who ask at once, free or expired', async () => {
        await expectOneHolder([journal], { now: 0, token: 1 })
        await expectOneHolder([journal], { now: 10, token: 2 })
      })

      it('is not touched by what its callers do to it', async () => {
        Object.assign((await acquire('a'))!, { token: 7 })
        Object.assign((await journal.lease('root'))!, { token: 8 })
        expect((await journal.lease('root'))?.token).toBe(1)
      })
    })

    describe('calls', () => {
      const OK: KeptResult = {
        ok: true,
        output: HARD_TEXT,
        update: { todos: [{ id: '1', text: HARD_TEXT }], none: null }
      }
      const results: KeptResult[] = [
        OK,
        { ok: true, output: '' },
        { ok: false, error: { code: 'TOOL_FAILED', message: HARD_TEXT } }
      ]
      const callIds = (calls: readonly CallRecord[]) => calls.map((call) => call.toolCallId)

      it('is new once; then what is known of it is told', async () => {
        expect(await beginCall(journal, aCall('c'))).toBeUndefined()
        const known = { ...aCall('c'), failures: 0, status: 'started' }
        expect(await beginCall(journal, aCall('c', { tool: 'other', effect: 'read', startedAt: 9 }))).toEqual(known)
        expect(await beginCall(journal, aCall('c', { threadId: 'another' }))).toBeUndefined()
      })

      it.each(results)('keeps the result %o', async (result) => {
        await beginCall(journal, aCall('c', { effect: 'idempotent' }))
        await finishCall(journal, { threadId: 'thread-1', toolCallId: 'c', result, at: 7.5 })
        const finished = {
          ...aCall('c', { effect: 'idempotent' }),
          failures: 0,
          status: 'finished',
          result,
          finishedAt: 7.5
        }
        expect(await beginCall(journal, aCall('c'))).toEqual(finished)
      })

      it('takes one result: the first stands', async () => {
        await beginCall(journal, aCall('c'))
        await finishCall(journal, { threadId: 'thread-1', toolCallId: 'c', result: OK, at: 7 })
        await finishCall(journal, {
          threadId: 'thread-1',
          toolCallId: 'c',
          result: { ok: true, output: 'late' },
          at: 8
        })
        expect(await beginCall(journal, aCall('c'))).toMatchObject({ result: OK, finishedAt: 7 })
      })

      it('leaves the result of a call that never began aside', async () => {
        await finishCall(journal, { threadId: 'thread-1', toolCallId: 'c', result: OK, at: 7 })
        expect(await beginCall(journal, aCall('c'))).toBeUndefined()
      })

      it('lists what has begun and not finished, oldest first, of equals the first begun; of one tree or of all', async () => {
        await beginCall(journal, aCall('late', { startedAt: 9 }))
        await beginCall(journal, aCall('b', { startedAt: 5 }))
        await beginCall(journal, aCall('a', { startedAt: 5, rootThreadId: 'other' }))
        await beginCall(journal, aCall('done'))
        await finishCall(journal, { threadId: 'thread-1', toolCallId: 'done', result: OK, at: 7 })
        expect(callIds(await journal.startedCalls())).toEqual(['b', 'a', 'late'])
        expect(callIds(await journal.startedCalls({}))).toEqual(['b', 'a', 'late'])
        expect(callIds(await journal.startedCalls({ rootThreadId: 'root' }))).toEqual(['b', 'late'])
        expect(await journal.startedCalls({ rootThreadId: 'nowhere' })).toEqual([])
      })

      it('lists what was answered as of unknown outcome, oldest first; of one tree or of all', async () => {
        const unknown: KeptResult = { ok: false, error: { code: 'OUTCOME_UNKNOWN', message: HARD_TEXT } }
        const known: KeptResult = { ok: false, error: { code: 'TOOL_FAILED', message: 'OUTCOME_UNKNOWN' } }
        for (const [id, result, startedAt, rootThreadId] of [
          ['late', unknown, 9, 'root'],
          ['b', unknown, 5, 'root'],
          ['known', known, 1, 'root'],
          ['fine', OK, 1, 'root'],
          ['a', unknown, 5, 'other']
        ] as const) {
          await beginCall(journal, aCall(id, { startedAt, rootThreadId }))
          await finishCall(journal, { threadId: 'thread-1', toolCallId: id, result, at: 10 })
        }
        await beginCall(journal, aCall('begun'))
        expect(callIds(await journal.unknownCalls())).toEqual(['b', 'a', 'late'])
        expect(callIds(await journal.unknownCalls({ rootThreadId: 'root' }))).toEqual(['b', 'late'])
        expect(await journal.unknownCalls({ rootThreadId: 'nowhere' })).toEqual([])
        for (const [rootThreadId, principal] of [
          ['root', 'p'],
          ['other', null]
        ] as const)
          await journal.saveThread(aThread(rootThreadId, { rootThreadId, parentThreadId: null, principal }))
        expect(callIds(await journal.unknownCalls({ principal: 'p' }))).toEqual(['b', 'late'])
        expect(callIds(await journal.unknownCalls({ principal: null }))).toEqual(['a'])
        expect((await journal.unknownCalls())[0]).toMatchObject({ status: 'finished', result: unknown })
      })

      it('counts the attempts that failed for a moment, whether or not it had begun', async () => {
        await beginCall(journal, aCall('c'))
        for (const toolCallId of ['c', 'new', 'c'])
          await writeRows(journal, { kind: 'call.failed', call: aCall(toolCallId) })
        const failures = async (toolCallId: string) => (await journal.call(aCall(toolCallId)))?.failures
        expect([await failures('c'), await failures('new')]).toEqual([2, 1])
      })

      it('is not listed as at work where it only reads', async () => {
        await writeRows(journal, { kind: 'call.failed', call: { ...aCall('c'), effect: 'read' } })
        expect(await journal.startedCalls()).toEqual([])
        expect(await journal.startedCalls({ rootThreadId: 'root' })).toEqual([])
      })

      it('is new to one of twenty that begin it at once', async () => {
        const told = await Promise.all(Array.from({ length: 20 }, () => beginCall(journal, aCall('c'))))
        expect(told.filter((known) => known === undefined)).toHaveLength(1)
      })

      it('is not touched by what its callers do to their records', async () => {
        const result = structuredClone(OK)
        await beginCall(journal, aCall('c'))
        await finishCall(journal, { threadId: 'thread-1', toolCallId: 'c', result, at: 7 })
        Object.assign(result, { output: 'changed' })
        Object.assign((await beginCall(journal, aCall('c')))!, { result: 'changed' })
        expect(await beginCall(journal, aCall('c'))).toMatchObject({ result: OK })
      })
    })

    describe('the inbox', () => {
      const ids = (letters: readonly Letter[]) => letters.map((letter) => letter.id)

      it('gives the letters of a tree in the order of sending, whatever their clocks said', async () => {
        const hard = aLetter('hard', { text: HARD_TEXT, kind: 'wrap-up', threadId: 'child', sentAt: 9.5 })
        expect(await journal.send(hard)).toBe(true)
        expect(await journal.send(aLetter('z', { sentAt: 5 }))).toBe(true)
        expect(await journal.send(aLetter('a', { sentAt: 5 }))).toBe(true)
        expect(await journal.send(aLetter('elsewhere', { rootThreadId: 'other' }))).toBe(true)
        expect(ids(await journal.letters('root'))).toEqual(['hard', 'z', 'a'])
        expect((await journal.letters('root'))[0]).toEqual({ ...hard, begun: false })
        expect(await journal.letters('nowhere')).toEqual([])
      })

      it('takes a letter once, and knows one that is sent again, also after it was taken', async () => {
        await journal.send(aLetter('l'))
        expect(await journal.send(aLetter('l', { text: 'another' }))).toBe(false)
        expect(await journal.letters('root')).toEqual([{ ...aLetter('l'), begun: false }])
        expect(await journal.takeLetter('l')).toBe(true)
        expect(await journal.takeLetter('l')).toBe(false)
        expect(await journal.takeLetter('unknown')).toBe(false)
        expect(await journal.send(aLetter('l'))).toBe(false)
        expect(await journal.letters('root')).toEqual([])
      })

      it('knows that a turn was begun with a letter, until it is taken', async () => {
        await journal.send(aLetter('l', { kind: 'queue' }))
        expect(await writeRows(journal, { kind: 'letter.begun', letterId: 'l' })).toEqual([true])
        expect(await journal.letters('root')).toMatchObject([{ id: 'l', begun: true }])
        expect(await journal.takeLetter('l')).toBe(true)
        expect(await writeRows(journal, { kind: 'letter.begun', letterId: 'l' })).toEqual([false])
        expect(await journal.letters('root')).toEqual([])
      })

      it('gives a letter to one of twenty that take it at once', async () => {
        await journal.send(aLetter('l'))
        await expectOneTaker([journal], 'l')
      })

      it('is not touched by what its callers do to their letters', async () => {
        const letter = aLetter('l')
        await journal.send(letter)
        letter.text = 'changed after'
        for (const listed of await journal.letters('root')) listed.text = 'and this'
        expect(await journal.letters('root')).toEqual([{ ...aLetter('l'), begun: false }])
      })
    })

    describe('events', () => {
      const seqs = (events: readonly AgentEvent[]) => events.map((event) => event.seq)
      const ask = anAsk('a', { args: { text: HARD_TEXT } })
      const usage = { input: 3, output: 2, cached: 1, reasoning: 0, calls: 1 }
      const by = { kind: 'rule', path: 'lead', reason: HARD_TEXT } as const
      const bodies: EventBody[] = [
        { type: 'turn.started', agent: 'lead' },
        { type: 'turn.finished', outcome: { status: 'asking', asks: [ask] } },
        { type: 'turn.finished', outcome: { status: 'failed', error: { code: 'RUN_FAILED', message: HARD_TEXT } } },
        { type: 'model.started' },
        { type: 'model.delta', text: HARD_TEXT },
        { type: 'model.finished', text: '', calls: [{ id: 'c', name: 'shell', args: { a: [null] } }], usage },
        { type: 'tool.started', toolCallId: 'c', tool: 'shell', args: {} },
        { type: 'tool.progress', toolCallId: 'c', text: HARD_TEXT },
        { type: 'tool.finished', toolCallId: 'c', tool: 'shell', ok: false, output: HARD_TEXT },
        { type: 'ask.opened', toolCallId: 'c', ask },
        { type: 'ask.decided', toolCallId: 'c', ask, decision: { kind: 'answer', value: [1] }, by },
        {
          type: 'ask.decided',
          toolCallId: 'c',
          ask,
          decision: { kind: 'approve', scope: 'turn', forMs: 1 },
          by: { kind: 'grant', path: 'lead', grantId: 'g' }
        },
        { type: 'task.started', taskId: 't', agent: 'coder', task: HARD_TEXT, childThreadId: 'child' },
        { type: 'task.settled', taskId: 't', agent: 'coder', status: 'completed' },
        {
          type: 'task.settled',
          taskId: 't',
          agent: 'c',
          status: 'failed',
          error: { code: 'RUN_FAILED', message: 'm' }
        },
        {
          type: 'hook.ran',
          hook: 'h',
          on: 'beforeTool',
          layer: 'project',
          did: 'failed',
          durationMs: 1,
          toolCallId: 'c',
          reason: HARD_TEXT,
          held: true
        }
      ]

      it('gives back every kind as it was', async () => {
        const events = bodies.map((body, index) => anEvent(index + 1, { at: 1.5, path: 'lead/"c"', body }))
        await appendEvents(journal, events)
        expect(await journal.eventsOf('root', { after: 0, limit: 100 })).toEqual(events)
      })

      it('gives a page of a tree, in order, and knows its end', async () => {
        expect(await journal.lastSeq('root')).toBe(0)
        expect(await journal.eventsOf('root', { after: 0, limit: 10 })).toEqual([])
        await appendEvents(journal, [])
        await appendEvents(journal, [anEvent(1), anEvent(2, { threadId: 'child' })])
        await appendEvents(journal, [anEvent(3)])
        await appendEvents(journal, [anEvent(1, { rootThreadId: 'other' })])
        expect(seqs(await journal.eventsOf('root', { after: 0, limit: 2 }))).toEqual([1, 2])
        expect(seqs(await journal.eventsOf('root', { after: 1, limit: 10 }))).toEqual([2, 3])
        expect(seqs(await journal.eventsOf('root', { after: 3, limit: 10 }))).toEqual([])
        expect(await journal.eventsOf('root', { after: 0, limit: 0 })).toEqual([])
        expect([await journal.lastSeq('root'), await journal.lastSeq('other')]).toEqual([3, 1])
      })

      it('numbers the events of each thread by themselves, and gives a page of one', async () => {
        const threads = ['a', 'b', 'a', 'a', 'b', 'c']
        const appended = threads.map((threadId, index) => anEvent(index + 1, { threadId }))
        const kept = await appendEvents(journal, appended.slice(0, 2))
        kept.push(...(await appendEvents(journal, appended.slice(2))))
        expect(kept.map(({ threadSeq }) => threadSeq)).toEqual([1, 1, 2, 3, 2, 1])
        await appendEvents(journal, [anEvent(1, { threadId: 'a', rootThreadId: 'other' })])
        const all = await journal.eventsOf('root', { after: 0, limit: 10 })
        expect(all.map(({ threadSeq }) => threadSeq)).toEqual([1, 1, 2, 3, 2, 1])
        const page = async (after: number, limit: number, threadId = 'a') =>
          (await journal.eventsOf('root', { after, limit, threadId })).map((event) => [event.threadSeq, event.seq])
        expect(await page(0, 10)).toEqual([
          [1, 1],
          [2, 3],
          [3, 4]
        ])
        expect(await page(1, 1)).toEqual([[2, 3]])
        expect(await page(3, 10)).toEqual([])
        expect(await page(0, 10, 'nobody')).toEqual([])
      })

      it('refuses what another has numbered already, all of it', async () => {
        await appendEvents(journal, [anEvent(1), anEvent(2)])
        for (const late of [[anEvent(2, { path: 'late' })], [anEvent(2, { path: 'late' }), anEvent(3)]])
          await expect(appendEvents(journal, late)).rejects.toMatchObject({ code: 'LEASE_LOST' })
        expect(await journal.eventsOf('root', { after: 0, limit: 10 })).toEqual([anEvent(1), anEvent(2)])
      })

      it('keeps one of twenty that are appended at once under one number', async () => {
        const attempts = Array.from({ length: 20 }, (_, index) => appendEvents(journal, [anEvent(1, { at: index })]))
        const settled = await Promise.allSettled(attempts)
        const won = settled.findIndex(({ status }) => status === 'fulfilled')
        expect(settled.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
        expect(await journal.eventsOf('root', { after: 0, limit: 10 })).toEqual([anEvent(1, { at: won })])
      })

      it('keeps rows and the events that tell of them together, and neither of what is not new', async () => {
        const event = (body: EventBody) => ({ ...origin, ...body })
        const { seq: _, type: _type, agent: _agent, ...origin } = anEvent(1) as Extract<AgentEvent, { agent: string }>
        const opened = { row: { kind: 'ask', ask, rootThreadId: 'root', at: 1 }, event: event(bodies[9]!) } as const
        const told = { row: { kind: 'told', askId: ask.id }, event: event(bodies[10]!) } as const
        const saved = { row: { kind: 'thread', thread: aThread('t') }, event: event(bodies[12]!) } as const
        const status = { row: { kind: 'status', threadId: 't', status: 'paused', at: 3 } } as const
        const first = await journal.append([opened, saved, status, opened, told], { rootThreadId: 'root', after: 0 })
        expect(first.map(({ isNew, seq }) => [isNew, seq])).toEqual([
          [true, 1],
          [true, 2],
          [true, 2],
          [false, 2],
          [false, 2]
        ])
        await journal.decideAsk(ask.id, APPROVAL)
        const second = await journal.append([told, told], { rootThreadId: 'root', after: 2 })
        expect(second.map(({ isNew, seq }) => [isNew, seq])).toEqual([
          [true, 3],
          [false, 3]
        ])
        const types = (await journal.eventsOf('root', { after: 0, limit: 9 })).map(({ type }) => type)
        expect(types).toEqual(['ask.opened', 'task.started', 'ask.decided'])
        expect(await journal.thread('t')).toMatchObject({ status: 'paused', updatedAt: 3 })
      })

      it('writes no row where the event beside it is refused', async () => {
        await appendEvents(journal, [anEvent(1)])
        const { seq: _, ...event } = anEvent(1, { at: 2 })
        const late = [{ row: { kind: 'thread', thread: aThread('t') }, event }] as const
        await expect(journal.append(late, { rootThreadId: 'root', after: 0 })).rejects.toMatchObject({
          code: 'LEASE_LOST'
        })
        expect(await journal.thread('t')).toBeUndefined()
      })

      it('is not touched by what its callers do to their events', async () => {
        const event = anEvent(1)
        await appendEvents(journal, [event])
        Object.assign(event, { path: 'changed after' })
        for (const listed of await journal.eventsOf('root', { after: 0, limit: 1 })) Object.assign(listed, { path: '' })
        expect(await journal.eventsOf('root', { after: 0, limit: 1 })).toEqual([anEvent(1)])
      })
    })

    describeRetention(() => journal)
    describeDeletedTrees(() => journal)
    describeCheckpointRows(() => journal)

    describe('usage', () => {
      const usage = { input: 3, output: 2, cached: 1, reasoning: 1, calls: 1 }
      const used = (threadId: string, workedMs: number, { rootThreadId = 'root', begins = false } = {}) =>
        ({ kind: 'usage', rootThreadId, threadId, usage, workedMs, begins }) as const

      it('adds up what each thread of a tree has used', async () => {
        expect(await journal.usageOf('root')).toEqual([])
        const other = used('a', 1, { rootThreadId: 'other' })
        await writeRows(journal, used('a', 5), used('b', 0), used('a', 7, { begins: true }), other, used('a', 1))
        const found = (await journal.usageOf('root')).toSorted((a, b) => (a.threadId < b.threadId ? -1 : 1))
        const thrice = { input: 9, output: 6, cached: 3, reasoning: 3, calls: 3 }
        expect(found).toEqual([
          { threadId: 'a', usage: thrice, workedMs: 13, turnMs: 8 },
          { threadId: 'b', usage, workedMs: 0, turnMs: 0 }
        ])
      })

      it('keeps the caps of a tree, each as it was set last', async () => {
        expect(await journal.caps('root')).toEqual({})
        await journal.setCap({ rootThreadId: 'root', limit: 'tokens', cap: 10 })
        await journal.setCap({ rootThreadId: 'root', limit: 'usd', cap: 0.25 })
        await writeRows(journal, { kind: 'cap', rootThreadId: 'root', limit: 'tokens', cap: 20 })
        await journal.setCap({ rootThreadId: 'other', limit: 'calls', cap: 1 })
        expect(await journal.caps('root')).toEqual({ tokens: 20, usd: 0.25 })
      })

      it('loses none of fifty that are added at once', async () => {
        await Promise.all(Array.from({ length: 50 }, () => writeRows(journal, used('a', 1))))
        expect(await journal.usageOf('root')).toMatchObject([{ usage: { calls: 50, input: 150 }, workedMs: 50 }])
      })
    })

    describe('owners', () => {
      beforeEach(async () => {
        for (const [threadId, principal] of OWNED_TREES) {
          await journal.saveThread(aThread(threadId, { rootThreadId: threadId, parentThreadId: null, principal }))
          await openAsk(`ask of ${threadId}`, { rootThreadId: threadId })
          await beginCall(journal, aCall('c', { threadId, rootThreadId: threadId }))
          await journal.send(aLetter(`letter of ${threadId}`, { rootThreadId: threadId }))
        }
      })

      it('of threads, asks and letters are told, also of those that are done with', async () => {
        await journal.decideAsk('ask of a1', APPROVAL)
        await journal.takeLetter('letter of a1')
        for (const [threadId, principal] of OWNED_TREES) {
          expect(await journal.ownerOf({ threadId })).toEqual({ principal })
          expect(await journal.ownerOf({ askId: `ask of ${threadId}` })).toEqual({ principal })
          expect(await journal.ownerOf({ letterId: `letter of ${threadId}` })).toEqual({ principal })
        }
      })

      it('are not there for a row that is not there, or whose root is not', async () => {
        await openAsk('stray', { rootThreadId: 'nowhere' })
        await journal.send(aLetter('stray', { rootThreadId: 'nowhere' }))
        for (const id of ['stray', 'a1', '']) {
          expect(await journal.ownerOf({ askId: id })).toBeUndefined()
          expect(await journal.ownerOf({ letterId: id })).toBeUndefined()
        }
        expect(await journal.ownerOf({ threadId: 'ask of a1' })).toBeUndefined()
        expect(askIds(await journal.openAsks({ principal: null }))).toEqual(['ask of n1'])
      })

      it('narrow down the lists of asks and of calls', async () => {
        const listed = async (principal: string | null) => [
          askIds(await journal.openAsks({ principal })),
          (await journal.startedCalls({ principal })).map(({ threadId }) => threadId)
        ]
        expect(await listed('a')).toEqual([
          ['ask of a1', 'ask of a2'],
          ['a1', 'a2']
        ])
        expect(await listed(null)).toEqual([['ask of n1'], ['n1']])
        expect(await listed('nobody')).toEqual([[], []])
        expect(askIds(await journal.openAsks())).toHaveLength(OWNED_TREES.length)
      })
    })

    it('has met no damaged row', async () => {
      await journal.saveThread(aThread('t'))
      await journal.threadsOf('root')
      expect(journal.damaged()).toEqual([])
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

/** Twenty holders ask at once, in turn through each journal: exactly one has the lease then. */
export async function expectOneHolder(
  journals: readonly Journal[],
  { now, token }: { now: number; token: number }
): Promise<void> {
  const attempts = Array.from({ length: 20 }, (_, index) => {
    const request = { rootThreadId: 'root', holder: `${now}-${index}`, now, ttlMs: 10 }
    return journals[index % journals.length]!.acquireLease(request)
  })
  const won = (await Promise.all(attempts)).filter((lease): lease is Lease => lease !== undefined)
  expect(won).toEqual([expect.objectContaining({ token, expiresAt: now + 10 })])
  for (const journal of journals) expect(await journal.lease('root')).toEqual(won[0])
}

/** Twenty take a letter at once, in turn through each journal: exactly one has it. */
export async function expectOneTaker(journals: readonly Journal[], letterId: string): Promise<void> {
  const attempts = Array.from({ length: 20 }, (_, index) => journals[index % journals.length]!.takeLetter(letterId))
  expect((await Promise.all(attempts)).filter(Boolean)).toHaveLength(1)
}

/** Twenty revoke a grant at once, in turn through each journal: exactly one is told that it did. */
export async function expectOneRevoker(journals: readonly Journal[], grantId: string): Promise<void> {
  const attempts = Array.from({ length: 20 }, (_, index) =>
    journals[index % journals.length]!.revokeGrant(grantId, index)
  )
  expect((await Promise.all(attempts)).filter(Boolean)).toHaveLength(1)
}
