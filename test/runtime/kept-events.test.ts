// Events of long trees: each has its number in its tree and in its thread, and the oldest go.
import { assert, describe, it, onTestFinished } from 'vitest'
import { openStore } from '../../checkpointers/open.ts'
import { agentRuntime } from '../../runtime/agent-runtime.ts'
import { type AgentEvent, passes } from '../../state/events.ts'
import { collected } from '../support/collected.ts'
import { effects } from '../support/effects.ts'
import { ladder } from '../support/ladder.ts'
import { refused } from '../support/refused.ts'
import { ALL_STORES } from '../support/stores.ts'

const KEEP = 20
const approve = { kind: 'approve', scope: 'once' } as const

/** From 1 on, without gaps, in each thread. */
function assertNumbered(events: readonly AgentEvent[], { from = 1 } = {}): void {
  const byThread = new Map<string, number[]>()
  for (const { threadId, threadSeq } of events.filter((event) => !passes(event)))
    byThread.set(threadId, [...(byThread.get(threadId) ?? []), threadSeq])
  for (const numbers of byThread.values())
    assert.deepEqual(
      numbers,
      numbers.map((_, at) => from + at)
    )
}

for (const [name, makePlace] of ALL_STORES)
  describe(`the events of a tree, on ${name}`, () => {
    async function opened() {
      const place = await makePlace()
      onTestFinished(place.remove)
      const store = await openStore(place.url)
      onTestFinished(() => store.close())
      const runtime = (keepEvents = Number.POSITIVE_INFINITY) =>
        agentRuntime({ store, agents: [ladder({ touch: effects() })], keepEvents })
      return { store, runtime }
    }

    it('are numbered in each thread by themselves, also after a restart, and are read thread by thread', async () => {
      const { runtime } = await opened()
      const turn = await runtime().startStreamingTurn({ agent: 'lead', input: 'a b' })
      const told = await collected(turn)
      const next = runtime()
      for (const { id } of await next.openAsks(turn.threadId))
        told.push(...(await collected(await next.resolveInput(id, approve))))
      assertNumbered(told)
      const kept = await collected(next.events(turn.threadId))
      assertNumbered(kept)
      const threads = new Set(kept.map(({ threadId }) => threadId))
      assert.equal(threads.size, 5)
      for (const threadId of threads) {
        const own = kept.filter((event) => event.threadId === threadId)
        assert.deepEqual(await collected(next.events(threadId, { of: 'thread' })), own)
        assert.deepEqual(await collected(next.events(threadId, { of: 'thread', after: 2 })), own.slice(2))
      }
      assert.deepEqual(await collected(next.events([...threads][1]!)), kept)
    })

    it('go from the oldest on, but the asks that are open, and a reader is told what it would miss', async () => {
      const { runtime, store } = await opened()
      const { threadId } = await runtime(KEEP).startTurn({ agent: 'lead', input: 'a b c' })
      const asks = await runtime().openAsks()
      assert.lengthOf(asks, 3)
      const caller = runtime(KEEP)
      await (await caller.resolveInput(asks[0]!.id, approve)).result
      const gone = await store.journal.prunedTo(threadId)
      assert.isAbove(gone, KEEP)
      const kept = await collected(caller.events(threadId))
      const last = await store.journal.lastSeq(threadId)
      const [older, newest] = [kept.filter(({ seq }) => seq <= last - KEEP), kept.slice(-KEEP)]
      assert.deepEqual(
        newest.map(({ seq }) => seq),
        Array.from(newest, (_, at) => last - KEEP + 1 + at)
      )
      assert.isTrue(older.every(({ type }) => type === 'ask.opened'))
      const opening = kept.flatMap((event) => (event.type === 'ask.opened' ? [event.ask.id] : []))
      for (const { id } of asks.slice(1)) assert.include(opening, id)
      const whole = kept.filter(({ seq }) => seq > gone)
      assert.deepEqual(await collected(caller.events(threadId, { after: gone })), whole)
      for (const after of [1, gone - 1])
        await refused(() => collected(caller.events(threadId, { after })), 'EVENTS_PRUNED')
      await refused(() => collected(caller.events(threadId, { of: 'thread', after: 1 })), 'EVENTS_PRUNED')

      for (const { id } of asks.slice(1)) await (await caller.resolveInput(id, approve)).result
      const { outcome } = await (await caller.resume(threadId)).result
      assert.equal(outcome.status, 'completed')
      assert.lengthOf(await collected(caller.events(threadId)), KEEP)
      assert.deepEqual((await caller.startTurn({ agent: 'lead', input: 'd', threadId })).outcome.status, 'asking')
    })
  })

describe('how many events are kept', () => {
  it.each([0, -1, 1.5, Number.NaN])('is not %j', async (keepEvents) => {
    const store = await openStore('memory:')
    assert.throws(() => agentRuntime({ store, agents: [], keepEvents }), /keepEvents/)
  })
})
