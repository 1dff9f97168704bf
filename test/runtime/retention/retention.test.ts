import { afterEach, assert, beforeEach, describe, it } from 'vitest'
import { openStore } from '../../../checkpointers/open.ts'
import type { Store } from '../../../checkpointers/store.ts'
import { defineAgent } from '../../../prebuilt/define-agent.ts'
import { agentRuntime } from '../../../runtime/agent-runtime.ts'
import { effects } from '../../support/effects.ts'
import { ladder } from '../../support/ladder.ts'
import { refused } from '../../support/refused.ts'
import { playing } from '../../support/script.ts'
import { ALL_STORES, type StorePlace } from '../../support/stores.ts'
import { approveAll, keptOf, rewound, treeHistory } from '../../support/travel.ts'

const DAY = 24 * 60 * 60 * 1000
const WEEK = 7 * DAY
const approve = { kind: 'approve', scope: 'once' } as const

for (const [name, makePlace] of ALL_STORES)
  describe(`what is pruned on ${name}`, () => {
    let place: StorePlace
    let store: Store
    let now = 0
    const clock = { now: () => now }
    beforeEach(async () => {
      place = await makePlace()
      store = await openStore(place.url)
      now = 1000
    })
    afterEach(async () => {
      await store.close()
      await place.remove()
    })

    const runtimeOf = () =>
      agentRuntime({
        store,
        clock,
        agents: [
          ladder({ touch: effects() }),
          defineAgent({ name: 'agent', model: playing((task) => `you said ${task}`) })
        ]
      })
    type Runtime = ReturnType<typeof runtimeOf>
    const say = async (runtime: Runtime, input: string, { agent = 'agent', threadId }: Said = {}) => {
      const turn = await runtime.startTurn({ agent, input, ...(threadId !== undefined && { threadId }) })
      return turn.threadId
    }
    interface Said {
      agent?: string
      threadId?: string
    }

    it('is a tree that ended long ago, as a whole, and no younger one', async () => {
      const runtime = runtimeOf()
      const old = await say(runtime, 'a', { agent: 'lead' })
      await approveAll(runtime, old)
      now += 8 * DAY
      const young = await say(runtime, 'one')
      const report = await runtime.prune({ olderThanMs: WEEK })
      assert.equal(report.trees, 1)
      assert.equal(report.threads, 3)
      assert.deepEqual(report.kept, { asking: 0, labelled: 0, live: 0, unfinished: 0, young: 1 })
      assert.deepEqual(
        (await runtime.threads()).map(({ threadId }) => threadId),
        [young]
      )
      await refused(() => runtime.getSnapshot(old), 'UNKNOWN_THREAD')
      assert.isUndefined(await store.saver.getTuple({ configurable: { thread_id: old } }))
      const again = () => runtime.startTurn({ agent: 'lead', input: 'b', threadId: old })
      await refused(again, 'UNKNOWN_THREAD')
      await refused(() => store.journal.saveThread(threadRow(old)), 'THREAD_DELETED')
    })

    it('is only told of where it is to be looked at', async () => {
      const runtime = runtimeOf()
      const threadId = await say(runtime, 'a b', { agent: 'lead' })
      await approveAll(runtime, threadId)
      await say(runtime, 'c', { agent: 'lead', threadId })
      await approveAll(runtime, threadId)
      now += 8 * DAY
      const before = await keptOf(store, place, threadId)
      const told = await runtime.prune({ keep: 1, dryRun: true })
      assert.deepEqual(await keptOf(store, place, threadId), before)
      assert.isAbove(told.checkpoints, 0)
      const { checkpoints } = await runtime.prune({ keep: 1 })
      assert.equal(checkpoints, told.checkpoints)
    })

    it('is no ask that is open, however old: it answers, and its tree goes on', async () => {
      const runtime = runtimeOf()
      const threadId = await say(runtime, 'a b', { agent: 'lead' })
      const asks = await runtime.openAsks(threadId)
      now += 90 * DAY
      const { kept } = await runtime.prune({ olderThanMs: WEEK })
      assert.equal(kept.asking, 1)
      assert.deepEqual(await runtime.openAsks(threadId), asks)
      const opened = []
      for await (const event of runtime.events(threadId)) if (event.type === 'ask.opened') opened.push(event.ask.id)
      assert.includeMembers(
        opened,
        asks.map(({ id }) => id)
      )
      for (const { id } of asks) await (await runtime.resolveInput(id, approve)).result
      assert.equal((await runtime.getSnapshot(threadId)).thread.status, 'completed')
    })

    it('is no checkpoint with a label, nor the children that were at work then: it is forked as before', async () => {
      const runtime = runtimeOf()
      const threadId = await say(runtime, 'a', { agent: 'lead' })
      const [head] = await runtime.history(threadId)
      await runtime.label(head!, 'asked')
      await approveAll(runtime, threadId)
      await say(runtime, 'b', { agent: 'lead', threadId })
      await approveAll(runtime, threadId)
      now += 30 * DAY
      const state = await runtime.stateAt(head!)
      const report = await runtime.prune({ olderThanMs: WEEK })
      assert.equal(report.kept.labelled, 1)
      assert.isAbove(report.checkpoints, 0)
      assert.deepEqual(await runtime.stateAt(head!), state)
      const left = await treeHistory(runtime, threadId)
      for (const place of left) {
        const turn = await runtime.resumeFrom({ ...place, accept: true })
        await turn.result
        await approveAll(runtime, turn.threadId)
        assert.equal((await runtime.getSnapshot(turn.threadId)).thread.status, 'completed', place.path)
      }
      const [fork] = (await runtime.branches(threadId)).slice(1)
      assert.isDefined(fork)
    })

    it('leaves the newest checkpoints of a thread, as many as are to be kept', async () => {
      const runtime = runtimeOf()
      const threadId = await say(runtime, 'one')
      for (const word of ['two', 'three', 'four']) await say(runtime, word, { threadId })
      const before = await runtime.history(threadId)
      await runtime.prune({ keep: 4 })
      assert.deepEqual(await runtime.history(threadId), before.slice(0, 4))
      now += 30 * DAY
      await say(runtime, 'five', { threadId })
      const whole = await runtime.history(threadId)
      await runtime.prune({ olderThanMs: WEEK, keep: 5 })
      assert.deepEqual(await runtime.history(threadId), whole.slice(0, 5))
      const { values } = await runtime.getSnapshot(threadId)
      assert.lengthOf(values.messages as unknown[], 10)
    })

    it('takes along children whose results are known, and nothing of what the tree has used', async () => {
      const runtime = runtimeOf()
      const threadId = await say(runtime, 'a b c', { agent: 'lead' })
      await approveAll(runtime, threadId)
      now += 30 * DAY
      await say(runtime, 'd', { agent: 'lead', threadId })
      await approveAll(runtime, threadId)
      const { usage } = await runtime.getSnapshot(threadId)
      const report = await runtime.prune({ olderThanMs: WEEK })
      assert.equal(report.threads, 6)
      const after = await runtime.getSnapshot(threadId)
      assert.deepEqual(after.usage, usage)
      assert.isAtMost(after.subtree.length, 5)
      await refused(async () => {
        for await (const _ of runtime.events(threadId, { after: 1 }));
      }, 'EVENTS_PRUNED')
      await say(runtime, 'e', { agent: 'lead', threadId })
      await approveAll(runtime, threadId)
      for (const place of await treeHistory(runtime, threadId)) {
        const turn = await runtime.resumeFrom({ ...place, accept: true })
        await turn.result
        await approveAll(runtime, turn.threadId)
        assert.equal((await runtime.getSnapshot(turn.threadId)).thread.status, 'completed', place.path)
      }
    })

    it('is a branch that was left, where that is asked for, and the one in its place stays', async () => {
      const runtime = runtimeOf()
      const threadId = await say(runtime, 'one')
      const middle = (await rewound(runtime.rewind({ threadId, to: { at: now } }))).threadId
      const last = (await rewound(runtime.rewind({ threadId: middle, to: { at: now } }))).threadId
      assert.equal((await runtime.prune({ branches: 'abandoned' })).trees, 2)
      assert.deepEqual(
        (await runtime.threads()).map((thread) => thread.threadId),
        [last]
      )
      assert.deepEqual(
        (await runtime.branches(last)).map(({ rootThreadId }) => rootThreadId),
        [last]
      )
      await say(runtime, 'two', { threadId: last })
    })

    it('is not rewound to by another name: who asks for it hears that it is gone', async () => {
      const runtime = runtimeOf()
      const threadId = await say(runtime, 'one')
      const { values } = await runtime.getSnapshot(threadId)
      const [first] = values.messages as { id: string }[]
      now += 10 * DAY
      const then = now
      await say(runtime, 'two', { threadId })
      now += 10 * DAY
      await say(runtime, 'three', { threadId })
      await runtime.prune({ olderThanMs: WEEK })
      await refused(() => runtime.rewind({ threadId, to: { messageId: first!.id } }), 'UNKNOWN_CHECKPOINT')
      await refused(() => runtime.rewind({ threadId, to: { at: then } }), 'UNKNOWN_CHECKPOINT')
      const fresh = await rewound(runtime.rewind({ threadId, to: { at: now } }))
      assert.lengthOf((await runtime.getSnapshot(fresh.threadId)).values.messages as unknown[], 6)
    })

    it('is nothing where it is not said what', async () => {
      const runtime = runtimeOf()
      for (const request of [{}, { keep: 0 }, { olderThanMs: -1 }, { threads: [] }])
        await refused(() => runtime.prune(request), 'BAD_ARGUMENTS')
    })
  })

function threadRow(threadId: string) {
  return {
    threadId,
    rootThreadId: threadId,
    parentThreadId: null,
    principal: null,
    taskId: null,
    agent: 'lead',
    path: 'lead',
    task: 'late',
    background: false,
    workspace: null,
    policy: null,
    status: 'running' as const,
    createdAt: 1,
    updatedAt: 1
  }
}
