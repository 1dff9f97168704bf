import { AIMessage, isAIMessage, isToolMessage } from '@langchain/core/messages'
import { FakeListChatModel } from '@langchain/core/utils/testing'
import { MemorySaver } from '@langchain/langgraph'
import { assert, describe, it } from 'vitest'
import { z } from 'zod'
import { scripted } from '../../models/scripted.ts'
import { defineAgent } from '../../prebuilt/define-agent.ts'
import { allow, deny } from '../../state/remit.ts'
import { tool } from '../../tools/tool.ts'
import { effects } from '../support/effects.ts'
import { playing } from '../support/script.ts'

const say = (content: string) => ({ messages: [{ role: 'user', content }] })

describe('the agent loop', () => {
  it('ends when the model asks for no tool', async () => {
    const { graph } = defineAgent({ name: 'agent', model: scripted(['hello']) })
    const state = await graph.invoke(say('hi'))
    assert.deepEqual(state.outcome, { status: 'completed', text: 'hello' })
    assert.equal(state.messages.length, 2)
    assert.equal(state.usage.calls, 1)
  })

  it('takes two supersteps for an allowed call and one for the answer', async () => {
    const touch = effects()
    const model = playing([[{ name: 'touch', args: { what: 'a' } }], 'done'])
    const { graph } = defineAgent({ name: 'agent', model, tools: [touch], remit: [allow('touch')] })
    const nodes: string[] = []
    for await (const update of await graph.stream(say('go'), { streamMode: 'updates' }))
      nodes.push(...Object.keys(update))
    assert.deepEqual(nodes, ['think', 'act', 'think'])
    assert.deepEqual(touch.done, ['a'])
  })

  it('puts the results of parallel calls in the order of the calls, however they finish', async () => {
    const wait = tool({
      name: 'wait',
      description: 'Waits.',
      effect: 'read',
      args: z.object({ turns: z.number() }),
      async run({ turns }) {
        for (let turn = 0; turn < turns; turn++) await new Promise(setImmediate)
        return `waited ${turns}`
      }
    })
    const calls = [30, 0, 10].map((turns) => ({ name: 'wait', args: { turns } }))
    const { graph } = defineAgent({ name: 'agent', model: playing([calls]), tools: [wait], remit: [allow('wait')] })
    const { messages } = await graph.invoke(say('go'))
    assert.deepEqual(
      messages.filter(isToolMessage).map(({ text }) => text),
      ['waited 30', 'waited 0', 'waited 10']
    )
  })

  it('answers denied, malformed and unknown calls with words and runs the allowed one, in order', async () => {
    const touch = effects()
    const calls = [
      { name: 'touch', args: { what: 'secret' } },
      { name: 'touch', args: { what: 1 } },
      { name: 'tuch', args: {} },
      { name: 'touch', args: { what: 'fine' } }
    ]
    const remit = [deny('touch', { what: 'secret' }), allow('touch')]
    const { graph } = defineAgent({ name: 'agent', model: playing([calls]), tools: [touch], remit })
    const { messages, outcome } = await graph.invoke(say('go'))
    const results = messages.filter(isToolMessage).map(({ text }) => text.split(':')[0])
    assert.deepEqual(results, ['DENIED', 'BAD_ARGUMENTS', 'BAD_ARGUMENTS', 'touched fine'])
    assert.deepEqual(touch.done, ['fine'])
    assert.equal(outcome?.status, 'completed')
  })

  it('gives a call whose id was used before a new one, so that it runs again', async () => {
    const touch = effects()
    const model = playing([
      [{ name: 'touch', args: { what: 'a' }, id: 'c0' }],
      [{ name: 'touch', args: { what: 'b' }, id: 'c0' }]
    ])
    const { graph } = defineAgent({ name: 'agent', model, tools: [touch], remit: [allow('touch')] })
    const { messages } = await graph.invoke(say('go'))
    assert.deepEqual(touch.done, ['a', 'b'])
    const ids = messages.filter(isAIMessage).flatMap(({ tool_calls = [] }) => tool_calls.map(({ id }) => id))
    assert.equal(new Set(ids).size, 2)
  })

  it('ends in a typed outcome at the limit of steps', async () => {
    const touch = effects()
    const model = playing(() => [{ name: 'touch', args: { what: 'again' } }])
    const { graph } = defineAgent({
      name: 'agent',
      model,
      tools: [touch],
      remit: [allow('touch')],
      limits: { steps: 3 }
    })
    const { outcome } = await graph.invoke(say('go'))
    assert.equal(outcome?.status === 'failed' && outcome.error.code, 'STEP_LIMIT')
    assert.equal(touch.done.length, 3)
  })

  it('counts steps anew in each turn of a thread', async () => {
    const model = playing([[{ name: 'touch', args: { what: 'a' } }], 'done'])
    const { graph } = defineAgent({
      name: 'agent',
      model,
      tools: [effects()],
      remit: [allow('touch')],
      limits: { steps: 2 }
    })
    graph.checkpointer = new MemorySaver()
    const config = { configurable: { thread_id: 'c2b5c9a0-5f5e-4b5c-9b52-2f1f9c1d1a11' } }
    for (const turn of ['one', 'two', 'three']) {
      const { outcome } = await graph.invoke(say(turn), config)
      assert.equal(outcome?.status, 'completed', turn)
    }
  })

  it('sends a view within its limit and keeps the whole thread', async () => {
    const sizes: number[] = []
    const model = scripted((messages) => {
      sizes.push(messages.reduce((sum, message) => sum + message.text.length, 0))
      return 'x'.repeat(200)
    })
    const { graph } = defineAgent({ name: 'agent', model, limits: { view: 1000 } })
    graph.checkpointer = new MemorySaver()
    const config = { configurable: { thread_id: 'c2b5c9a0-5f5e-4b5c-9b52-2f1f9c1d1a12' } }
    let kept = 0
    for (let turn = 0; turn < 20; turn++) kept = (await graph.invoke(say('y'.repeat(100)), config)).messages.length
    assert.equal(kept, 40)
    assert.ok(Math.max(...sizes) <= 1000, `${Math.max(...sizes)}`)
  })

  it('draws itself', async () => {
    const drawing = (await defineAgent({ name: 'agent', model: scripted([]) }).graph.getGraphAsync()).drawMermaid()
    for (const node of ['think', 'gate', 'act', 'ask', 'settle', 'compact']) assert.include(drawing, node)
  })
})

describe('a call whose arguments are no JSON', () => {
  it('does not run, also where its tool takes no arguments at all', async () => {
    const done: string[] = []
    const wipe = tool({
      name: 'wipe',
      description: 'Takes all defaults.',
      effect: 'once',
      args: z.object({}),
      run: async () => `${done.push('wiped')}`
    })
    const broken = new AIMessage({
      content: '',
      invalid_tool_calls: [{ id: 'c0', name: 'wipe', args: '{"keep": ', error: 'cut off' }]
    })
    const model = new FakeListChatModel({ responses: [''] })
    let replies = 0
    model._generate = async () => {
      const message = replies++ === 0 ? broken : new AIMessage('done')
      return { generations: [{ text: '', message }] }
    }
    Object.assign(model, { bindTools: () => model })
    const { graph } = defineAgent({ name: 'agent', model, tools: [wipe], remit: [allow('wipe')] })
    const { messages } = await graph.invoke(say('go'))
    assert.deepEqual(done, [])
    assert.match(messages.find(isToolMessage)!.text, /^BAD_ARGUMENTS: the arguments are no JSON/)
  })
})
