// What an approval opens: the call that was asked for, with exactly its arguments, on the thread that asked, and nothing else.
import { AIMessage } from '@langchain/core/messages'
import { Command, END, interrupt, MessagesAnnotation, START, StateGraph } from '@langchain/langgraph'
import { assert, describe, it } from 'vitest'
import { z } from 'zod'
import { openStore } from '../../checkpointers/open.ts'
import type { Store } from '../../checkpointers/store.ts'
import { AnsweringModel } from '../../models/answering-model.ts'
import { defineAgent } from '../../prebuilt/define-agent.ts'
import { worker } from '../../prebuilt/worker.ts'
import type { Agent } from '../../runtime/agent.ts'
import { agentRuntime } from '../../runtime/agent-runtime.ts'
import type { AgentUpdate } from '../../state/agent.ts'
import type { Ask } from '../../state/asks.ts'
import { allow, ask, deny, type Rule } from '../../state/remit.ts'
import { argsHash } from '../../tools/args-hash.ts'
import { tool } from '../../tools/tool.ts'
import { effects } from '../support/effects.ts'
import { refused } from '../support/refused.ts'
import { playing } from '../support/script.ts'

const approve = { kind: 'approve', scope: 'once' } as const
const GOOD = { what: 'good' }
const EVIL = { what: 'evil' }
const delegating = (agent: string) => playing([[{ name: 'delegate', args: { agent, task: 'go' } }], 'done'])

const runtimeOf = async (...agents: Agent[]) => agentRuntime({ store: await openStore('memory:'), agents })

describe('an approval of a call that was tampered with since it was asked for', () => {
  const ways: readonly (readonly [sentence: string, change: Change, result: RegExp])[] = [
    ['opens no other arguments', () => ({ call: { name: 'touch', args: EVIL } }), /^BAD_DECISION/],
    ['opens no other tool', () => ({ call: { name: 'wipe', args: GOOD } }), /^BAD_DECISION/],
    [
      'opens it not even where the ask in the checkpoint was changed as well',
      (asked) => ({
        call: { name: 'touch', args: EVIL },
        asked: [{ ...asked, args: EVIL, argsHash: argsHash(EVIL) }]
      }),
      /^REJECTED: the decision is for another call/
    ]
  ]
  for (const url of ['memory:', 'sqlite::memory:'])
    for (const [sentence, change, expected] of ways)
      it(`${sentence}, on ${url}`, async () => {
        const store = await openStore(url)
        const { done, result } = await tampered(store, change).finally(store.close)
        assert.deepEqual(done, [])
        assert.match(result, expected)
      })

  type Change = (asked: Ask) => { call: { name: string; args: Record<string, unknown> }; asked?: Ask[] }

  /** A call is asked for and approved, and changed before it runs; then the tree is driven on. */
  async function tampered(store: Store, change: Change) {
    const touch = effects()
    const wipe = effects('wipe')
    const agent = defineAgent({
      name: 'agent',
      tools: [touch, wipe],
      remit: [ask('*')],
      model: playing([[{ name: 'touch', args: GOOD }], 'done'])
    })
    const runtime = agentRuntime({ store, agents: [agent] })
    const { threadId } = await runtime.startTurn({ agent: 'agent', input: 'go' })
    const [asked] = await runtime.openAsks(threadId)
    await store.journal.decideAsk(asked!.id, { decision: approve, by: { kind: 'person' }, at: 1 })

    const config = { configurable: { thread_id: threadId, __pregel_checkpointer: store.saver } }
    const { messages } = (await agent.graph.getState(config)).values as { messages: AIMessage[] }
    const { call, ...rest } = change(asked!)
    const { id, tool_calls } = messages.at(-1)!
    const reply = new AIMessage({ id: id!, content: '', tool_calls: [{ ...tool_calls![0]!, ...call }] })
    const update: AgentUpdate = { messages: [reply], ...rest }
    await agent.graph.updateState(config, new Command({ update, goto: 'ask' }), 'gate')

    await (await runtime.resume(threadId)).result
    return { done: [...touch.done, ...wipe.done], result: await lastResult(store, threadId) }
  }
})

describe('an approval', () => {
  it('opens no ask of another thread, whatever its call is named and with the same arguments', async () => {
    const touch = effects()
    const child = defineAgent({
      name: 'child',
      tools: [touch],
      remit: [ask('touch')],
      model: playing([[{ name: 'touch', args: GOOD, id: 'call_0' }], 'done'])
    })
    const lead = defineAgent({
      name: 'lead',
      delegates: [child],
      remit: [ask('touch')],
      model: playing([['a', 'b'].map((task) => ({ name: 'delegate', args: { agent: 'child', task } })), 'done'])
    })
    const runtime = await runtimeOf(lead)
    const turns = [
      await runtime.startTurn({ agent: 'lead', input: '' }),
      await runtime.startTurn({ agent: 'lead', input: '' })
    ]
    const asks = await runtime.openAsks()
    assert.equal(new Set(asks.map(({ threadId }) => threadId)).size, 4)
    assert.equal(new Set(asks.map(({ id }) => id)).size, 4)
    const [first, ...others] = asks
    await (await runtime.resolveInput(first!.id, approve)).result
    for (const { threadId } of turns) await (await runtime.resume(threadId)).result
    assert.deepEqual(touch.done, ['good'])
    assert.sameDeepMembers(await runtime.openAsks(), others)
  })

  for (const effect of ['once', 'read'] as const) {
    it(`opens one of two calls that bear one id, of a tool with the effect ${effect}`, async () => {
      const { touch, runtime } = await blocks({ effect, steps: [[GOOD, EVIL]] })
      const { threadId } = await runtime.startTurn({ agent: 'agent', input: 'go' })
      const [good, evil] = await runtime.openAsks(threadId)
      assert.deepEqual([good!.args, evil!.args], [GOOD, EVIL])
      await (await runtime.resolveInput(good!.id, approve)).result
      assert.deepEqual(touch.done, ['good'])
    })

    it(`opens no later call that bears the id of the approved one, of a tool with the effect ${effect}`, async () => {
      const { touch, runtime } = await blocks({ effect, steps: [[GOOD], [EVIL]] })
      const { threadId } = await runtime.startTurn({ agent: 'agent', input: 'go' })
      const [good] = await runtime.openAsks(threadId)
      await (await runtime.resolveInput(good!.id, approve)).result
      assert.deepEqual(touch.done, ['good'])
      assert.deepEqual(
        (await runtime.openAsks(threadId)).map(({ args }) => args),
        [EVIL]
      )
    })
  }

  it('is worth nothing once its turn was stopped, also where the next one names its call the same', async () => {
    const touch = effects()
    const agent = defineAgent({
      name: 'agent',
      tools: [touch],
      remit: [ask('touch')],
      model: playing((what, results) =>
        results.length > 0 ? 'done' : [{ name: 'touch', args: { what }, id: 'call_0' }]
      )
    })
    const store = await openStore('memory:')
    const runtime = agentRuntime({ store, agents: [agent] })
    const { threadId } = await runtime.startTurn({ agent: 'agent', input: 'good' })
    const [good] = await runtime.openAsks(threadId)
    await store.journal.decideAsk(good!.id, { decision: approve, by: { kind: 'person' }, at: 1 })
    await runtime.cancelRun(threadId)
    const { outcome } = await runtime.startTurn({ agent: 'agent', input: 'evil', threadId })
    assert.equal(outcome.status, 'asking')
    assert.deepEqual(touch.done, [])
  })

  it('does not open what is denied by the time that it is acted on', async () => {
    const touch = effects()
    const under = (rule: Rule) => {
      const model = playing([[{ name: 'touch', args: GOOD }], 'done'])
      return defineAgent({ name: 'agent', tools: [touch], remit: [rule], model })
    }
    const store = await openStore('memory:')
    const before = agentRuntime({ store, agents: [under(ask('touch'))] })
    const { threadId } = await before.startTurn({ agent: 'agent', input: 'go' })
    const [asked] = await before.openAsks(threadId)
    await store.journal.decideAsk(asked!.id, { decision: approve, by: { kind: 'person' }, at: 1 })
    const after = agentRuntime({ store, agents: [under(deny('touch'))] })
    assert.equal((await (await after.resume(threadId)).result).outcome.status, 'completed')
    assert.deepEqual(touch.done, [])
    assert.match(await lastResult(store, threadId), /^DENIED/)
  })

  /** An agent whose model writes its calls into blocks of content, all under one id: one message for each step. */
  async function blocks({ effect, steps }: { effect: 'once' | 'read'; steps: readonly (typeof GOOD)[][] }) {
    const touch = { ...effects(), effect }
    const model = new AnsweringModel(async (messages) => {
      const step = steps[messages.filter((message) => message.getType() === 'ai').length] ?? []
      const calls = step.map((args) => ({ id: 'toolu_0', name: 'touch', args }))
      return new AIMessage({
        content: [
          { type: 'text', text: 'so be it' },
          ...calls.map(({ id, name, args }) => ({ type: 'tool_use', id, name, input: args }))
        ],
        tool_calls: calls
      })
    })
    const agent = defineAgent({ name: 'agent', tools: [touch], remit: [ask('touch')], model })
    return { touch, runtime: await runtimeOf(agent) }
  }
})

describe('an approval of arguments that look like an object of LangChain', () => {
  const id = ['langchain_core', 'messages', 'HumanMessage']
  for (const memo of [
    { lc: 1, type: 'constructor', id, kwargs: { content: 'yes' } },
    { lc: 1, type: 'secret', id: ['HOME'] },
    { lc: 2, type: 'constructor', id: ['Set'], method: null, args: [['a']] },
    { lc: 2, type: 'undefined' }
  ])
    it(`opens just these or nothing: ${JSON.stringify(memo)}`, async () => {
      const done: unknown[] = []
      const send = tool({
        name: 'send',
        description: 'Sends something.',
        effect: 'once',
        args: z.object({ memo: z.unknown() }),
        run: async (args) => `sent ${done.push(args)}`
      })
      const model = playing([[{ name: 'send', args: { memo } }], 'done'])
      const agent = defineAgent({ name: 'agent', tools: [send], remit: [ask('send')], model })
      const runtime = await runtimeOf(agent)
      const { threadId } = await runtime.startTurn({ agent: 'agent', input: 'go' })
      const [asked] = await runtime.openAsks(threadId)
      assert.deepEqual(asked!.args, { memo })
      await (await runtime.resolveInput(asked!.id, approve)).result
      assert.deepEqual(done, done.length > 0 ? [{ memo }] : [])
    })
})

describe('an edit', () => {
  it('that escapes a remit of the ladder is refused at the door, and the ask stays open', async () => {
    const touch = effects()
    const child = defineAgent({
      name: 'child',
      tools: [touch],
      remit: [deny('touch', { what: 'own*' }), ask('touch')],
      model: playing([[{ name: 'touch', args: GOOD }], 'done'])
    })
    const remit = [deny('touch', { what: 'evil*' }), ask('touch')]
    const runtime = await runtimeOf(
      defineAgent({ name: 'lead', delegates: [child], remit, model: delegating('child') })
    )
    const { threadId } = await runtime.startTurn({ agent: 'lead', input: 'go' })
    const asks = await runtime.openAsks(threadId)
    for (const what of ['own', 'evil', 'evil twin', 7])
      await refused(() => runtime.resolveInput(asks[0]!.id, { kind: 'edit', args: { what } }), 'BAD_DECISION')
    assert.deepEqual(await runtime.openAsks(threadId), asks)
    assert.deepEqual(touch.done, [])
    await (await runtime.resolveInput(asks[0]!.id, { kind: 'edit', args: { what: 'better' } })).result
    assert.deepEqual(touch.done, ['better'])
  })
})

describe('a tool whose schema transforms its arguments', () => {
  const opening = (transform: (text: string) => unknown) => {
    const done: unknown[] = []
    const open = tool({
      name: 'open',
      description: 'Opens something.',
      effect: 'once',
      args: z.object({ what: z.string().transform(transform) }),
      run: async ({ what }) => `opened ${done.push(what)}`
    })
    return { open, done }
  }

  it('runs with what was judged, not with what comes of transforming that again', async () => {
    const { open, done } = opening(decodeURIComponent)
    const agent = defineAgent({
      name: 'agent',
      tools: [open],
      remit: [deny('open', { what: '..*' }), ask('open')],
      model: playing([[{ name: 'open', args: { what: '%252e%252e/secret' } }], 'done'])
    })
    const runtime = await runtimeOf(agent)
    const { threadId } = await runtime.startTurn({ agent: 'agent', input: 'go' })
    const [asked] = await runtime.openAsks(threadId)
    assert.deepEqual(asked!.args, { what: '%252e%252e/secret' })
    await (await runtime.resolveInput(asked!.id, approve)).result
    assert.deepEqual(done, ['%2e%2e/secret'])
  })

  it('is answered for by a rung that may run it with these arguments, not with those that were written', async () => {
    const { open, done } = opening(Number)
    const child = defineAgent({
      name: 'child',
      tools: [open],
      remit: [ask('open')],
      model: playing([[{ name: 'open', args: { what: '1e3' } }], 'done'])
    })
    const lead = defineAgent({
      name: 'lead',
      delegates: [child],
      remit: [ask('open', { what: '1000' }), allow('open')],
      answers: [allow('open')],
      model: delegating('child')
    })
    const { outcome } = await (await runtimeOf(lead)).startTurn({ agent: 'lead', input: 'go' })
    assert.equal(outcome.status, 'asking')
    assert.deepEqual(done, [])
  })
})

describe('a worker that asks for what an agent above is denied', () => {
  const wiping = (done: string[]) => {
    const graph = new StateGraph(MessagesAnnotation)
      .addNode('wipe', () => {
        const review = { actionRequests: [{ name: 'wipe', args: EVIL }], reviewConfigs: [] }
        const { decisions } = interrupt<typeof review, { decisions: { type: string }[] }>(review)
        if (decisions[0]!.type === 'approve') done.push('wiped')
        return { messages: [new AIMessage(`${decisions[0]!.type}: done`)] }
      })
      .addEdge(START, 'wipe')
      .addEdge('wipe', END)
      .compile()
    return worker({ name: 'wiper', graph })
  }

  it('is told no by the ladder', async () => {
    const done: string[] = []
    const runtime = await runtimeOf(
      defineAgent({ name: 'lead', delegates: [wiping(done)], remit: [deny('wipe')], model: delegating('wiper') })
    )
    const { outcome } = await runtime.startTurn({ agent: 'lead', input: 'go' })
    assert.equal(outcome.status, 'completed')
    assert.deepEqual(done, [])
  })

  it('is not told yes by a person who is quicker than the ladder', async () => {
    const done: string[] = []
    const runtime = await runtimeOf(
      defineAgent({ name: 'lead', delegates: [wiping(done)], remit: [deny('wipe')], model: delegating('wiper') })
    )
    const turn = await runtime.startStreamingTurn({ agent: 'lead', input: 'go' })
    const answers: Promise<unknown>[] = []
    for await (const event of turn)
      if (event.type === 'ask.opened')
        answers.push(runtime.resolveInput(event.ask.id, approve).catch((error) => error.code))
    const [code] = await Promise.all(answers)
    assert.oneOf(code, ['BAD_DECISION', 'ASK_DECIDED'])
    assert.deepEqual(done, [])
  })
})

async function lastResult({ saver }: Store, threadId: string): Promise<string> {
  const tuple = await saver.getTuple({ configurable: { thread_id: threadId } })
  return (tuple!.checkpoint.channel_values.messages as AIMessage[]).at(-2)!.text
}
