import { afterEach, assert, beforeEach, describe, it } from 'vitest'
import { openStore } from '../../../checkpointers/open.ts'
import type { Store } from '../../../checkpointers/store.ts'
import { defineAgent } from '../../../prebuilt/define-agent.ts'
import { agentRuntime } from '../../../runtime/agent-runtime.ts'
import { allow } from '../../../state/remit.ts'
import { effects } from '../../support/effects.ts'
import { ladder } from '../../support/ladder.ts'
import { refused } from '../../support/refused.ts'
import { playing } from '../../support/script.ts'
import { ALL_STORES, type StorePlace } from '../../support/stores.ts'
import { approveAll, keptOf, rewound, treeHistory } from '../../support/travel.ts'

const NOWHERE = '00000000-0000-4000-8000-000000000000'

for (const [name, makePlace] of ALL_STORES)
  describe(`a rewind on ${name}`, () => {
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

    const talker = () =>
      agentRuntime({
        store,
        clock,
        agents: [defineAgent({ name: 'agent', model: playing((task) => `you said ${task}`) })]
      })
    const say = async (runtime: ReturnType<typeof talker>, input: string, threadId?: string) => {
      const turn = await runtime.startTurn({ agent: 'agent', input, ...(threadId !== undefined && { threadId }) })
      now += 1000
      return turn.threadId
    }
    const spoken = async (threadId: string) => {
      const { values } = await talker().getSnapshot(threadId)
      return (values.messages as { text: string; id: string }[]).map(({ text }) => text)
    }

    it('to a time takes the conversation back to what was there then, and goes on from there', async () => {
      const runtime = talker()
      const threadId = await say(runtime, 'one')
      await say(runtime, 'two', threadId)
      const fresh = await rewound(runtime.rewind({ threadId, to: { at: 1500 } }))
      assert.deepEqual(await spoken(fresh.threadId), ['one', 'you said one'])
      await say(runtime, 'three', fresh.threadId)
      assert.deepEqual(await spoken(fresh.threadId), ['one', 'you said one', 'three', 'you said three'])
      assert.deepEqual(await spoken(threadId), ['one', 'you said one', 'two', 'you said two'])
    })

    it('takes the place of the thread: a message to the old one is refused and told where to go', async () => {
      const runtime = talker()
      const threadId = await say(runtime, 'one')
      const first = await rewound(runtime.rewind({ threadId, to: { at: now } }))
      const second = await rewound(runtime.rewind({ threadId: first.threadId, to: { at: now } }))
      for (const old of [threadId, first.threadId])
        for (const whenBusy of ['refuse', 'queue', 'replace'] as const) {
          const again = () => runtime.startTurn({ agent: 'agent', input: 'more', threadId: old, whenBusy })
          assert.include((await refused(again, 'THREAD_REWOUND')).message, second.threadId)
        }
      assert.equal(await say(runtime, 'two', second.threadId), second.threadId)
    })

    it('leaves the old branch as it was, listed, and to be rewound to again', async () => {
      const runtime = talker()
      const threadId = await say(runtime, 'one')
      await say(runtime, 'two', threadId)
      const [head] = await runtime.history(threadId)
      const kept = await keptOf(store, place, threadId)
      const fresh = await rewound(runtime.rewind({ threadId, to: { at: 1500 } }))
      const back = await rewound(runtime.rewind({ threadId, to: { checkpointId: head!.checkpointId } }))
      const held = new Set(await keptOf(store, place, threadId))
      assert.deepEqual(
        kept.filter((row) => !held.has(row)),
        []
      )
      assert.deepEqual(await spoken(back.threadId), ['one', 'you said one', 'two', 'you said two'])
      const branches = await runtime.branches(back.threadId)
      assert.deepEqual(
        branches.map(({ rootThreadId, branch, replacedBy }) => [rootThreadId, branch?.replaces, replacedBy]),
        [
          [threadId, undefined, fresh.threadId],
          [fresh.threadId, threadId, back.threadId],
          [back.threadId, fresh.threadId, undefined]
        ]
      )
      for (const each of [threadId, fresh.threadId]) assert.deepEqual(await runtime.branches(each), branches)
      const threads = new Map((await runtime.threads()).map((thread) => [thread.threadId, thread.replacedBy]))
      assert.deepEqual(
        [threadId, fresh.threadId, back.threadId].map((each) => threads.get(each)),
        [fresh.threadId, back.threadId, null]
      )
    })

    it('to a message ends the conversation with it, also where it came before the branch began', async () => {
      const runtime = talker()
      let threadId = await say(runtime, 'one')
      await say(runtime, 'two', threadId)
      const { values } = await runtime.getSnapshot(threadId)
      const messages = values.messages as { id: string; text: string }[]
      const idOf = (text: string) => messages.find((message) => message.text === text)!.id
      const steps: [text: string, expected: string[]][] = [
        ['you said two', ['one', 'you said one', 'two', 'you said two']],
        ['two', ['one', 'you said one', 'two']],
        ['you said one', ['one', 'you said one']],
        ['one', ['one']]
      ]
      for (const [text, expected] of steps) {
        threadId = (await rewound(runtime.rewind({ threadId, to: { messageId: idOf(text) } }))).threadId
        assert.deepEqual(await spoken(threadId), expected)
      }
      await refused(() => runtime.rewind({ threadId, to: { messageId: idOf('two') } }), 'UNKNOWN_MESSAGE')
      const { outcome } = await (await runtime.resume(threadId)).result
      assert.deepEqual(outcome, { status: 'completed', text: 'you said one' }, 'the reply is given again')
    })

    it('to a time before the branch began looks at what it was made of, and no further than it was', async () => {
      const runtime = talker()
      const origin = await say(runtime, 'one')
      await say(runtime, 'two', origin)
      const fresh = await rewound(runtime.rewind({ threadId: origin, to: { at: 1500 } }))
      const again = await rewound(runtime.rewind({ threadId: fresh.threadId, to: { at: 2500 } }))
      assert.deepEqual(
        await spoken(again.threadId),
        ['one', 'you said one'],
        'two was said on the branch that was left'
      )
      await refused(() => runtime.rewind({ threadId: again.threadId, to: { at: 1 } }), 'UNKNOWN_CHECKPOINT')
    })

    it('to a checkpoint of a child takes the whole tree back to that moment', async () => {
      const touch = effects()
      const runtime = agentRuntime({ store, clock, agents: [ladder({ touch })] })
      const { threadId } = await runtime.startTurn({ agent: 'lead', input: 'a b' })
      await approveAll(runtime, threadId)
      const all = await treeHistory(runtime, threadId)
      const acted = all.find(({ nodes }) => nodes.includes('act'))!
      const fresh = await rewound(runtime.rewind({ threadId: acted.threadId, to: acted, accept: true }))
      assert.equal(fresh.path, 'lead')
      const agents = (await runtime.getSnapshot(fresh.threadId)).subtree.map(({ thread }) => thread.agent)
      assert.sameMembers(agents, ['lead', 'coder', 'tester', 'coder', 'tester'])
      touch.done.length = 0
      await (await runtime.resume(fresh.threadId)).result
      await approveAll(runtime, fresh.threadId)
      const left = acted.last === 'touched a' ? 'b' : 'a'
      assert.deepEqual(touch.done, [left], 'the other was done by then')
    })

    it('cancels what runs and withdraws what is asked', async () => {
      const runtime = agentRuntime({ store, clock, agents: [ladder({ touch: effects() })] })
      const { threadId } = await runtime.startTurn({ agent: 'lead', input: 'a' })
      const [asked] = await runtime.openAsks(threadId)
      const fresh = await rewound(runtime.rewind({ threadId, to: { at: now } }))
      assert.deepEqual(await runtime.openAsks(threadId), [])
      await refused(() => runtime.resolveInput(asked!.id, { kind: 'approve', scope: 'once' }), 'ASK_STALE')
      assert.equal((await runtime.getSnapshot(threadId)).thread.status, 'cancelled')
      await (await runtime.resume(fresh.threadId)).result
      assert.lengthOf(await runtime.openAsks(fresh.threadId), 1, 'it asks anew')
      await approveAll(runtime, fresh.threadId)
      assert.equal((await runtime.getSnapshot(fresh.threadId)).thread.status, 'completed')
    })

    it('changes nothing where there is nothing to go back to', async () => {
      const runtime = agentRuntime({ store, clock, agents: [ladder({ touch: effects() })] })
      const { threadId } = await runtime.startTurn({ agent: 'lead', input: 'a' })
      const before = await keptOf(store, place, threadId)
      await refused(() => runtime.rewind({ threadId, to: { checkpointId: NOWHERE } }), 'UNKNOWN_CHECKPOINT')
      await refused(() => runtime.rewind({ threadId, to: { messageId: NOWHERE } }), 'UNKNOWN_MESSAGE')
      await refused(() => runtime.rewind({ threadId, to: { at: 1 } }), 'UNKNOWN_CHECKPOINT')
      assert.deepEqual(await keptOf(store, place, threadId), before)
    })
  })

describe('a rewind while the tree is at work', () => {
  it('stops it, and the new tree goes on without it', async () => {
    const store = await openStore('memory:')
    let release = () => {}
    const held = new Promise<void>((resolve) => {
      release = resolve
    })
    let begun = () => {}
    const working = new Promise<void>((resolve) => {
      begun = resolve
    })
    const touch = effects()
    const agent = defineAgent({
      name: 'agent',
      tools: [touch],
      remit: [allow('touch')],
      model: playing(async (_task, results) => {
        if (results.length === 0) return [{ name: 'touch', args: { what: 'a' } }]
        begun()
        await held
        return 'done'
      })
    })
    const runtime = agentRuntime({ store, agents: [agent] })
    const turn = await runtime.startStreamingTurn({ agent: 'agent', input: 'touch' })
    await working
    const start = (await runtime.history(turn.threadId)).at(-1)!
    const rewinding = runtime.rewind({ threadId: turn.threadId, to: start })
    release()
    const fresh = await rewound(rewinding)
    assert.equal((await turn.result).outcome.status, 'cancelled')
    assert.equal(
      (await (await runtime.resume(fresh.threadId)).result).outcome.status,
      'asking',
      'a is not done twice unasked'
    )
    assert.deepEqual(touch.done, ['a'])
  })
})
