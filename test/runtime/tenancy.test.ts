// Two principals share a store. Whatever one of them tries with the ids of the other is answered as if these were made up, and
// leaves no trace.
import { afterAll, assert, beforeAll, describe, it } from 'vitest'
import { openStore } from '../../checkpointers/open.ts'
import type { Store } from '../../checkpointers/store.ts'
import { type AgentRuntime, agentRuntime } from '../../runtime/agent-runtime.ts'
import { journalOf, principalOf } from '../../runtime/tenancy.ts'
import type { ErrorCode } from '../../state/errors.ts'
import type { Journal } from '../../state/journal.ts'
import type { ThreadRecord } from '../../state/threads.ts'
import { collected } from '../support/collected.ts'
import { effects } from '../support/effects.ts'
import { appendEvents, beginCall, finishCall } from '../support/kept.ts'
import { ladder } from '../support/ladder.ts'
import { aCall, aGrant, aLabel, aLetter, anAsk, anEvent, aThread } from '../support/records.ts'
import { refused } from '../support/refused.ts'
import { rowsOf } from '../support/rows-of.ts'
import { ALL_STORES, type StorePlace } from '../support/stores.ts'

const approve = { kind: 'approve', scope: 'once' } as const
const PAIRS = [
  ['b', 'a'],
  ['b', undefined],
  [undefined, 'a']
] as const

type Name = string | undefined

/** Ids of another principal, or made up. */
interface Ids {
  readonly thread: string
  readonly ask: string
  readonly checkpoint: string
  readonly letter: string
}

type Case =
  /** With these ids it is refused; `own` is a thread of the caller's. */
  | { refuses: ErrorCode; use: (runtime: AgentRuntime, ids: Ids & { own: string }) => Promise<unknown> }
  /** It takes no id, and shows these threads. */
  | { shows: (runtime: AgentRuntime) => Promise<string[]> }

const turn = ({ thread: threadId }: Ids) => ({ agent: 'lead', input: 'go on', threadId })
const place = ({ thread: threadId, checkpoint: checkpointId }: Ids) => ({ threadId, checkpointId })
const idsOf = (records: readonly { threadId: string }[]) => records.map(({ threadId }) => threadId)

/** Every door. A new one does not compile until it is said here what it does with a foreign id. */
const DOORS = {
  startTurn: [{ refuses: 'UNKNOWN_THREAD', use: (runtime, ids) => runtime.startTurn(turn(ids)) }],
  startStreamingTurn: [{ refuses: 'UNKNOWN_THREAD', use: (runtime, ids) => runtime.startStreamingTurn(turn(ids)) }],
  resume: [{ refuses: 'UNKNOWN_THREAD', use: (runtime, { thread }) => runtime.resume(thread) }],
  recover: [{ shows: async (runtime) => idsOf(await runtime.recover()) }],
  events: [
    { refuses: 'UNKNOWN_THREAD', use: (runtime, { thread }) => collected(runtime.events(thread)) },
    { refuses: 'UNKNOWN_THREAD', use: (runtime, { thread }) => collected(runtime.events(thread, { after: 3 })) },
    { refuses: 'UNKNOWN_THREAD', use: (runtime, { thread }) => collected(runtime.events(thread, { of: 'thread' })) }
  ],
  resumeFrom: [
    { refuses: 'UNKNOWN_THREAD', use: (runtime, ids) => runtime.resumeFrom(place(ids)) },
    {
      refuses: 'UNKNOWN_CHECKPOINT',
      use: (runtime, ids) => runtime.resumeFrom(place({ ...ids, thread: ids.own }))
    }
  ],
  fork: [
    { refuses: 'UNKNOWN_THREAD', use: (runtime, ids) => runtime.fork(place(ids)) },
    { refuses: 'UNKNOWN_CHECKPOINT', use: (runtime, ids) => runtime.fork(place({ ...ids, thread: ids.own })) }
  ],
  stateAt: [
    { refuses: 'UNKNOWN_THREAD', use: (runtime, ids) => runtime.stateAt(place(ids)) },
    { refuses: 'UNKNOWN_CHECKPOINT', use: (runtime, ids) => runtime.stateAt(place({ ...ids, thread: ids.own })) }
  ],
  replay: [
    { refuses: 'UNKNOWN_THREAD', use: (runtime, { thread }) => runtime.replay({ threadId: thread }) },
    { refuses: 'UNKNOWN_CHECKPOINT', use: (runtime, ids) => runtime.replay(place({ ...ids, thread: ids.own })) }
  ],
  diff: [
    { refuses: 'UNKNOWN_THREAD', use: (runtime, ids) => runtime.diff({ mode: 'step', ...place(ids) }) },
    {
      refuses: 'UNKNOWN_THREAD',
      use: (runtime, ids) => runtime.diff({ mode: 'range', from: place(ids), to: place(ids) })
    },
    {
      refuses: 'UNKNOWN_CHECKPOINT',
      use: (runtime, ids) => runtime.diff({ mode: 'to-now', ...place({ ...ids, thread: ids.own }) })
    }
  ],
  rewind: [
    ...([{ at: 9e15 }, { messageId: 'm' }] as const).map(
      (to) =>
        ({ refuses: 'UNKNOWN_THREAD', use: (runtime, ids) => runtime.rewind({ threadId: ids.thread, to }) }) as Case
    ),
    {
      refuses: 'UNKNOWN_THREAD',
      use: (runtime, { thread, checkpoint }) => runtime.rewind({ threadId: thread, to: { checkpointId: checkpoint } })
    },
    {
      refuses: 'UNKNOWN_CHECKPOINT',
      use: (runtime, { own, checkpoint }) => runtime.rewind({ threadId: own, to: { checkpointId: checkpoint } })
    }
  ],
  undo: [{ refuses: 'UNKNOWN_THREAD', use: (runtime, { thread }) => runtime.undo({ threadId: thread }) }],
  branches: [{ refuses: 'UNKNOWN_THREAD', use: (runtime, { thread }) => runtime.branches(thread) }],
  label: [
    { refuses: 'UNKNOWN_THREAD', use: (runtime, ids) => runtime.label(place(ids), 'mine') },
    { refuses: 'UNKNOWN_CHECKPOINT', use: (runtime, ids) => runtime.label(place({ ...ids, thread: ids.own }), 'mine') }
  ],
  unlabel: [
    { refuses: 'UNKNOWN_THREAD', use: (runtime, { thread }) => runtime.unlabel(thread, 'theirs') },
    { refuses: 'UNKNOWN_LABEL', use: (runtime, { own }) => runtime.unlabel(own, 'theirs') }
  ],
  wouldRepeat: [
    { refuses: 'UNKNOWN_THREAD', use: (runtime, ids) => runtime.wouldRepeat(place(ids)) },
    { refuses: 'UNKNOWN_CHECKPOINT', use: (runtime, ids) => runtime.wouldRepeat(place({ ...ids, thread: ids.own })) }
  ],
  repeats: [{ refuses: 'UNKNOWN_THREAD', use: (runtime, { thread }) => runtime.repeats(thread) }],
  resolveInput: [
    { refuses: 'UNKNOWN_ASK', use: (runtime, { ask }) => runtime.resolveInput(ask, approve) },
    { refuses: 'UNKNOWN_ASK', use: (runtime, { ask }) => runtime.resolveInput(ask, { kind: 'answer', value: 1 }) }
  ],
  inject: [{ refuses: 'UNKNOWN_THREAD', use: (runtime, { thread }) => runtime.inject(thread, 'look here') }],
  setPolicy: [
    { refuses: 'UNKNOWN_THREAD', use: (runtime, { thread }) => runtime.setPolicy(thread, { profile: 'trusted' }) }
  ],
  lesson: [{ refuses: 'UNKNOWN_ASK', use: (runtime, { ask }) => runtime.lesson(ask) }],
  grants: [{ refuses: 'UNKNOWN_THREAD', use: (runtime, { thread }) => runtime.grants(thread) }],
  revokeGrant: [{ refuses: 'UNKNOWN_GRANT', use: (runtime, { ask }) => runtime.revokeGrant(ask) }],
  pause: [{ refuses: 'UNKNOWN_THREAD', use: (runtime, { thread }) => runtime.pause(thread) }],
  wrapUp: [{ refuses: 'UNKNOWN_THREAD', use: (runtime, { thread }) => runtime.wrapUp(thread) }],
  cancelRun: [{ refuses: 'UNKNOWN_THREAD', use: (runtime, { thread }) => runtime.cancelRun(thread) }],
  getSnapshot: [{ refuses: 'UNKNOWN_THREAD', use: (runtime, { thread }) => runtime.getSnapshot(thread) }],
  history: [
    { refuses: 'UNKNOWN_THREAD', use: (runtime, { thread }) => runtime.history(thread, { limit: 1 }) },
    { refuses: 'UNKNOWN_THREAD', use: (runtime, { thread }) => runtime.history(thread, { of: 'tree' }) }
  ],
  openAsks: [
    { refuses: 'UNKNOWN_THREAD', use: (runtime, { thread }) => runtime.openAsks(thread) },
    { shows: async (runtime) => idsOf(await runtime.openAsks()) }
  ],
  unknownOutcomes: [
    { refuses: 'UNKNOWN_THREAD', use: (runtime, { thread }) => runtime.unknownOutcomes(thread) },
    { shows: async (runtime) => idsOf(await runtime.unknownOutcomes()) }
  ],
  idle: [{ refuses: 'UNKNOWN_THREAD', use: (runtime, { thread }) => runtime.idle(thread) }],
  prune: [
    { refuses: 'UNKNOWN_THREAD', use: (runtime, { thread }) => runtime.prune({ olderThanMs: 0, threads: [thread] }) }
  ],
  threads: [{ shows: async (runtime) => idsOf(await runtime.threads()) }],
  close: []
} satisfies Record<keyof AgentRuntime, readonly Case[]>

const UNKNOWN = { ok: false, error: { code: 'OUTCOME_UNKNOWN', message: 'who knows' } } as const
const POINT = { now: 1, ttlMs: 10 }
const lease = (rootThreadId: string) => ({ rootThreadId, holder: 'me', token: 1, expiresAt: 9 })
const decision = { decision: approve, by: { kind: 'person' }, at: 1 } as const

/** Every method of the journal, with the ids of another principal. */
const METHODS = {
  saveThread: (view, { thread }) => view.saveThread(aThread(thread, { principal: 'c' })),
  setPolicy: (view, { thread }) => view.setPolicy(thread, { profile: 'trusted', rules: [] }),
  setThreadStatus: (view, { thread }) => view.setThreadStatus(thread, 'failed', 1),
  thread: (view, { thread }) => view.thread(thread),
  threadsOf: (view, { thread }) => view.threadsOf(thread),
  unfinished: (view) => view.unfinished(),
  roots: (view) => view.roots({ limit: 100 }),
  openAsk: (view, { thread }) => view.openAsk({ ask: anAsk('new'), rootThreadId: thread, at: 1 }),
  ask: (view, { ask }) => view.ask(ask),
  openAsks: async (view, { thread }) => [await view.openAsks(), await view.openAsks({ rootThreadId: thread })],
  asks: (view, { ask }) => view.asks([ask]),
  decideAsk: (view, { ask }) => view.decideAsk(ask, decision),
  withdrawAsks: (view, { thread }) => view.withdrawAsks([thread]),
  acquireLease: (view, { thread }) => view.acquireLease({ rootThreadId: thread, holder: 'me', ...POINT }),
  renewLease: (view, { thread }) => view.renewLease(lease(thread), POINT),
  releaseLease: (view, { thread }) => view.releaseLease(lease(thread)),
  lease: (view, { thread }) => view.lease(thread),
  grant: (view, { thread }) => view.grant(aGrant('new', { rootThreadId: thread, threadId: thread })),
  grants: (view, { thread }) => view.grants({ threadIds: [thread], now: 1 }),
  grantsOf: (view, { thread }) => view.grantsOf(thread),
  revokeGrant: (view, { ask }) => view.revokeGrant(ask, 1),
  call: (view, { thread }) => view.call({ threadId: thread, toolCallId: 'begun' }),
  startedCalls: async (view, { thread }) => [
    await view.startedCalls(),
    await view.startedCalls({ rootThreadId: thread })
  ],
  unknownCalls: async (view, { thread }) => [
    await view.unknownCalls(),
    await view.unknownCalls({ rootThreadId: thread })
  ],
  effectsOf: (view, { thread }) => view.effectsOf(thread),
  checkpoints: (view, { thread }) => view.checkpoints(thread, { limit: 9 }),
  checkpoint: (view, { thread, checkpoint }) => view.checkpoint({ threadId: thread, checkpointId: checkpoint }),
  label: (view, { thread, checkpoint }) =>
    view.label(aLabel('mine', { rootThreadId: thread, checkpointId: checkpoint })),
  unlabel: (view, { thread }) => view.unlabel(thread, 'theirs'),
  labelsOf: (view, { thread }) => view.labelsOf(thread),
  branchOf: (view, { thread }) => view.branchOf(thread),
  branchesFrom: (view, { thread }) => view.branchesFrom(thread),
  repeatsIn: (view, { thread }) => view.repeatsIn(thread),
  send: (view, { thread }) => view.send(aLetter('new', { rootThreadId: thread, threadId: thread })),
  letters: (view, { thread }) => view.letters(thread),
  takeLetter: (view, { letter }) => view.takeLetter(letter),
  append: (view, { thread }) => appendEvents(view, [anEvent(1000, { rootThreadId: thread, threadId: thread })]),
  usageOf: (view, { thread }) => view.usageOf(thread),
  setCap: (view, { thread }) => view.setCap({ rootThreadId: thread, limit: 'tokens', cap: 1 }),
  caps: (view, { thread }) => view.caps(thread),
  eventsOf: (view, { thread }) => view.eventsOf(thread, { after: 2, limit: 9 }),
  prunedTo: async (view, { thread }) => [
    await view.prunedTo(thread),
    await view.prunedTo(thread, { threadId: thread })
  ],
  lastSeq: (view, { thread }) => view.lastSeq(thread),
  deleteTree: (view, { thread }) => view.deleteTree({ rootThreadId: thread, now: 9e15, until: 9e15 }),
  pruneTree: (view, { thread }) =>
    view.pruneTree({ rootThreadId: thread, places: [1], threads: [], eventsTo: 9, until: 9e15 }),
  put: (view, { thread }) => view.put({ threadId: thread, toolCallId: 'begun', text: 'mine' }),
  get: (view, { thread }) => view.get({ threadId: thread, toolCallId: 'begun' }),
  ownerOf: async (view, { thread, ask, letter }) => [
    await view.ownerOf({ threadId: thread }),
    await view.ownerOf({ askId: ask }),
    await view.ownerOf({ letterId: letter })
  ],
  damaged: async (view) => view.damaged()
} satisfies Record<keyof Journal, (view: Journal, ids: Ids) => Promise<unknown>>

for (const [name, makePlace] of ALL_STORES)
  for (const [mine, theirs] of PAIRS)
    describe(`${called(mine)} beside ${called(theirs)}, on ${name}`, () => {
      let place: StorePlace
      let store: Store
      let own: ThreadRecord
      let foreign: Ids
      /** The threads of the other's tree: root, child and grandchild. */
      let tree: string[]

      const runtime = (principal: Name) =>
        agentRuntime({ store, agents: [ladder({ touch: effects() })], ...(principal !== undefined && { principal }) })
      const rows = () => rowsOf(store, place)

      beforeAll(async () => {
        place = await makePlace()
        store = await openStore(place.url)
        const { threadId } = await runtime(theirs).startTurn({ agent: 'lead', input: 'x' })
        tree = idsOf(await store.journal.threadsOf(threadId))
        await leaveInTheMiddle(threadId)
        const [ask] = await runtime(theirs).openAsks()
        const { checkpointId } = await runtime(theirs).getSnapshot(threadId)
        foreign = { thread: threadId, ask: ask!.id, checkpoint: checkpointId!, letter: crypto.randomUUID() }
        await store.journal.send(aLetter(foreign.letter, { rootThreadId: threadId, threadId }))
        await store.journal.label(aLabel('theirs', { rootThreadId: threadId, threadId, checkpointId: checkpointId! }))
        const turn = await runtime(mine).startTurn({ agent: 'lead', input: 'x' })
        own = (await store.journal.thread(turn.threadId))!
      })
      afterAll(async () => {
        await store.close()
        await place.remove()
      })

      /** As a process does that dies at work. */
      async function leaveInTheMiddle(threadId: string): Promise<void> {
        const { journal } = store
        await journal.setThreadStatus(threadId, 'running', 1)
        for (const id of ['begun', 'told']) await beginCall(journal, aCall(id, { threadId, rootThreadId: threadId }))
        await finishCall(journal, { threadId, toolCallId: 'told', result: UNKNOWN, at: 2 })
        await journal.put({ threadId, toolCallId: 'begun', text: 'a secret' })
      }

      it('begins trees that are the principal’s, down to the last child', async () => {
        const principals = (await store.journal.threadsOf(own.threadId)).map(({ principal }) => principal)
        assert.deepEqual(principals, [mine ?? null, mine ?? null, mine ?? null])
      })

      for (const [door, cases] of Object.entries<readonly Case[]>(DOORS))
        it(`${door} knows nothing of the other’s ids, and writes nothing`, async () => {
          const before = await rows()
          for (const each of cases) {
            const caller = runtime(mine)
            if ('shows' in each) {
              const shown = await each.shows(caller)
              assert.deepEqual(
                shown.filter((id) => tree.includes(id)),
                []
              )
              continue
            }
            const made = await refusal(each.use, caller, madeUp())
            assert.equal(made.code, each.refuses)
            for (const thread of tree) assert.deepEqual(await refusal(each.use, caller, { ...foreign, thread }), made)
          }
          assert.deepEqual(await rows(), before)
        })

      /** How a use is refused, with the ids taken out of its words. */
      async function refusal(use: Extract<Case, { use: unknown }>['use'], caller: AgentRuntime, ids: Ids) {
        return outcomeOf(() => use(caller, { ...ids, own: own.threadId }), ids)
      }

      it('no method of the journal’s view knows the other’s ids, or writes anything', async () => {
        const before = await rows()
        for (const [method, use] of Object.entries<(view: Journal, ids: Ids) => Promise<unknown>>(METHODS)) {
          const view = journalOf(principalOf(mine), store.journal)
          const invented = madeUp()
          const made = await outcomeOf(() => use(view, invented), invented)
          for (const thread of tree) {
            const ids = { ...foreign, thread }
            assert.deepEqual(await outcomeOf(() => use(view, ids), ids), made, method)
          }
          for (const id of [...tree, foreign.ask]) assert.notInclude(JSON.stringify(made), id, method)
        }
        assert.deepEqual(await rows(), before)
      })

      it('a thread of the other is not taken over by saving it, or by beginning it', async () => {
        const view = journalOf(principalOf(mine), store.journal)
        const before = await rows()
        const thief = { ...own, threadId: foreign.thread, rootThreadId: foreign.thread }
        await refused(() => view.saveThread(thief), 'UNKNOWN_THREAD')
        const { threadId, rootThreadId } = thief
        const begun = [
          { row: { kind: 'thread', thread: thief } },
          { row: { kind: 'letter', letter: aLetter('new', { rootThreadId, threadId }) } }
        ] as const
        await refused(() => view.append(begun, { rootThreadId, after: 0 }), 'UNKNOWN_THREAD')
        assert.isUndefined(await view.thread(foreign.thread))
        assert.deepEqual(await rows(), before)
      })

      it('recovers and lists what is its own, and forks it for itself', async () => {
        await store.journal.setThreadStatus(own.threadId, 'running', 1)
        const caller = runtime(mine)
        const turns = await caller.recover()
        assert.deepEqual(idsOf(turns), [own.threadId])
        await turns[0]!.result
        const { checkpointId } = await caller.getSnapshot(own.threadId)
        const forked = await caller.fork({ threadId: own.threadId, checkpointId: checkpointId! })
        const principals = (await store.journal.threadsOf(forked.threadId)).map(({ principal }) => principal)
        assert.deepEqual(principals, [mine ?? null, mine ?? null, mine ?? null])
        assert.sameMembers(idsOf(await caller.threads()), [own.threadId, forked.threadId])
        assert.lengthOf(await caller.openAsks(), 1)
      })

      it('leaves the other its tree whole', async () => {
        const other = runtime(theirs)
        assert.deepEqual(idsOf(await other.threads()), [foreign.thread])
        assert.deepEqual(idsOf((await other.getSnapshot(foreign.thread)).subtree.map(({ thread }) => thread)), tree)
        await (await other.resolveInput(foreign.ask, approve)).result
        const { outcome } = await (await other.resume(foreign.thread)).result
        assert.equal(outcome.status, 'completed')
      })
    })

/** What came of it, an error by its code and words; the ids that it was tried with are taken out. */
async function outcomeOf(work: () => Promise<unknown>, ids: Ids): Promise<{ code?: string; text: string }> {
  const without = (text: string) => Object.entries(ids).reduce((left, [word, id]) => left.replaceAll(id, word), text)
  try {
    return { text: without(JSON.stringify(await work()) ?? 'undefined') }
  } catch (error) {
    const { name, code, message } = error as { name: string; code: string; message: string }
    return { code, text: without(`${name}: ${message}`) }
  }
}

function madeUp(): Ids {
  const [thread, ask, checkpoint, letter] = Array.from({ length: 4 }, () => crypto.randomUUID())
  return { thread: thread!, ask: ask!, checkpoint: checkpoint!, letter: letter! }
}

function called(name: Name): string {
  return name === undefined ? 'nobody in particular' : `principal ${name}`
}

describe('the name of a principal', () => {
  it.each(['', 'a\0b', 'a\ud800'])('is not %j', async (principal) => {
    const store = await openStore('memory:')
    assert.throws(() => agentRuntime({ store, agents: [], principal }), /the principal/)
  })

  it.each([' ', "a'; drop table deputy_threads; --", '😀', 'A', 'ä', 'a\u0308', 'null'])(
    'may be %j',
    async (principal) => {
      for (const [, makePlace] of ALL_STORES) {
        const place = await makePlace()
        const store = await openStore(place.url)
        const ours = journalOf(principalOf(principal), store.journal)
        await ours.saveThread(aThread('t', { parentThreadId: null, principal }))
        assert.deepEqual(idsOf(await ours.roots({ limit: 9 })), ['t'])
        assert.equal((await ours.thread('t'))?.principal, principal)
        for (const other of ['a', 'A ', 'a\u0308 ', null])
          assert.isUndefined(await journalOf(other, store.journal).thread('t'))
        await store.close()
        await place.remove()
      }
    }
  )
})

describe('a view of the journal', () => {
  it('looks up nothing of a tree that was begun through it, but whether a child is there before it is begun', async () => {
    const store = await openStore('memory:')
    const looked: string[] = []
    const ownerOf: Journal['ownerOf'] = (row) => {
      looked.push(...Object.values(row))
      return store.journal.ownerOf(row)
    }
    const journal = { ...store.journal, ownerOf }
    const agents = [ladder({ touch: effects() })]
    const runtime = agentRuntime({ store: { ...store, journal }, agents, principal: 'a' })
    const { threadId } = await runtime.startTurn({ agent: 'lead', input: 'x y' })
    for (const { id } of await runtime.openAsks(threadId)) await (await runtime.resolveInput(id, approve)).result
    assert.equal((await runtime.getSnapshot(threadId)).thread.status, 'completed')
    const [, ...below] = idsOf(await journal.threadsOf(threadId))
    assert.sameMembers(looked, below)
  })

  it('knows a thread that came to be after it was looked for', async () => {
    const { journal } = await openStore('memory:')
    const view = journalOf('a', journal)
    assert.isUndefined(await view.thread('t'))
    await journal.saveThread(aThread('t', { principal: 'a' }))
    assert.deepEqual(await view.thread('t'), aThread('t', { principal: 'a' }))
  })

  it('shows no more when it is asked for the rows of another', async () => {
    const { journal } = await openStore('memory:')
    await journal.saveThread(aThread('t', { rootThreadId: 't', parentThreadId: null, principal: 'a' }))
    const view = journalOf('b', journal)
    assert.deepEqual(await view.roots({ limit: 9, principal: 'a' }), [])
    assert.deepEqual(await view.unfinished({ principal: 'a' }), [])
    assert.deepEqual(await view.openAsks({ principal: 'a' }), [])
  })
})
