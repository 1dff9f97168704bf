import assert from 'node:assert/strict'
import type { BaseChatModel } from '@langchain/core/language_models/chat_models'
import { AIMessage, AIMessageChunk, type BaseMessage, HumanMessage, ToolMessage } from '@langchain/core/messages'
import { END, MessagesValue, START, StateGraph, StateSchema } from '@langchain/langgraph'
import { describe, it } from 'vitest'
import { AnsweringModel } from '../../models/answering-model.ts'
import { malformedOf } from '../../models/malformed.ts'
import { metered } from '../../models/metered.ts'
import { scripted } from '../../models/scripted.ts'
import type { ToolSpec } from '../../state/context.ts'
import type { Usage } from '../../state/usage.ts'
import { provider } from '../support/billed.ts'

const HI = [new HumanMessage('hi')]
const BARE = { tools: [], config: {} }
const READ: ToolSpec = { name: 'read', description: '', schema: { type: 'object' } }

/** A model whose replies are messages as some provider might have parsed them. */
const saying = (...replies: AIMessage[]): BaseChatModel => new AnsweringModel(async () => replies.shift()!)

describe('metered', () => {
  it('tells what a stream has used by the time that whoever stops it goes on, once', async () => {
    const { model, billed } = provider(() => ({ input: 12, output: 3 }))
    const stop = new AbortController()
    const told: Usage[] = []
    await new Promise<void>((begun) => {
      const request = { tools: [], config: { signal: stop.signal }, onUsage: (usage: Usage) => void told.push(usage) }
      const replying = metered(model(() => 'hangs')).reply(HI, { ...request, onText: () => begun() })
      replying.catch(() => {})
    })
    stop.abort()
    assert.deepEqual(told, [{ input: 12, output: 0, cached: 0, reasoning: 0, calls: 1 }])
    await new Promise(setImmediate)
    assert.deepEqual(told, [billed()])
  })

  it('gives every call of a message an id, the same in every run', async () => {
    const nameless = () => new AIMessage({ id: 'm1', content: '', tool_calls: [{ name: 'a', args: {} }] })
    const [first, again] = await Promise.all([nameless(), nameless()].map((m) => metered(saying(m)).reply(HI, BARE)))
    assert.match(first!.message.tool_calls![0]!.id!, /^call_[0-9a-f]{32}$/)
    assert.equal(first!.message.tool_calls![0]!.id, again!.message.tool_calls![0]!.id)
  })

  it('asks for an id where the message has none to derive it from', async () => {
    const port = metered(saying(new AIMessage({ content: '', tool_calls: [{ name: 'a', args: {} }] })), {
      ids: () => 'c7'
    })
    assert.equal((await port.reply(HI, BARE)).message.tool_calls![0]!.id, 'c7')
  })

  it('gives a new id to a call that bears the id of another', async () => {
    const call = { id: 'call_0', name: 'a', args: {} }
    const port = metered(
      saying(
        new AIMessage({ id: 'm1', content: '', tool_calls: [call, call] }),
        new AIMessage({ id: 'm2', content: '', tool_calls: [call] })
      )
    )
    const { message } = await port.reply(HI, BARE)
    const ids = message.tool_calls!.map(({ id }) => id!)
    assert.equal(ids[0], 'call_0')
    const history = [...HI, message, ...ids.map((id) => new ToolMessage({ tool_call_id: id, content: '' }))]
    const next = await port.reply(history, BARE)
    assert.equal(new Set([...ids, next.message.tool_calls![0]!.id]).size, 3)
  })

  it('gives it also where the content names the calls, and there as well', async () => {
    const twice = (id: string) =>
      new AIMessage({
        id,
        content: ['x', 'y'].map((name) => ({ type: 'tool_use', id: 'toolu_0', name, input: {} })),
        tool_calls: ['x', 'y'].map((name) => ({ id: 'toolu_0', name, args: {} }))
      })
    const port = metered(saying(twice('m1'), twice('m2')))
    const { message } = await port.reply(HI, BARE)
    const next = await port.reply([...HI, message], BARE)
    const named = [message, next.message].flatMap(({ content, tool_calls }) => {
      const blocks = content as unknown as { id: string; name: string }[]
      assert.deepEqual(
        blocks.map(({ id, name }) => ({ id, name })),
        tool_calls!.map(({ id, name }) => ({ id, name }))
      )
      return blocks.map(({ id }) => id)
    })
    assert.equal(named[0], 'toolu_0')
    assert.equal(new Set(named).size, 4)
  })

  it('takes no id of a call that was stopped before it had a result', async () => {
    const call = { id: 'call_0', name: 'a', args: {} }
    const port = metered(saying(new AIMessage({ id: 'm2', content: '', tool_calls: [call] })))
    const stopped = new AIMessage({ id: 'm1', content: '', tool_calls: [call] })
    const { message } = await port.reply([...HI, stopped, ...HI], BARE)
    assert.notEqual(message.tool_calls![0]!.id, 'call_0')
  })

  for (const id of ['functions.read:0', 'x'.repeat(41), 'call 1'])
    it(`gives a call an id that every provider takes instead of "${id}"`, async () => {
      const port = metered(saying(new AIMessage({ id: 'm', content: '', tool_calls: [{ id, name: 'a', args: {} }] })))
      const { message } = await port.reply(HI, BARE)
      assert.match(message.tool_calls![0]!.id!, /^[a-zA-Z0-9_-]{1,40}$/)
    })

  it('gives a call of no tool a name that every provider takes, and that is still the name of none', async () => {
    const names = ['functions.read', 'read it', '', 'x'.repeat(70), 'read.']
    const tools = [READ, { ...READ, name: 'read_' }, { ...READ, name: 'mcp.read' }]
    const named = async (name: string) => {
      const port = metered(handingOn(new AIMessage({ id: 'm', content: '', tool_calls: [{ name, args: {} }] })))
      const { message } = await port.reply(HI, { tools, config: {} })
      return message.tool_calls![0]!.name
    }
    assert.deepEqual(await Promise.all(names.map(named)), [
      'read',
      'read_it',
      'unnamed',
      'x'.repeat(50),
      'read__unknown'
    ])
    assert.equal(await named('mcp.read'), 'mcp.read', 'a name that the model was given')
  })

  it('tells streamed calls with one id apart', async () => {
    const parts = [1, 2].map((x) => ({ id: 'call_0', name: 'a', args: `{"x":${x}}`, index: x }))
    const { message } = await metered(
      handingOn(new AIMessageChunk({ id: 'm', content: '', tool_call_chunks: parts }))
    ).reply(HI, BARE)
    assert.deepEqual(
      message.tool_calls?.map(({ args }) => args),
      [{ x: 1 }, { x: 2 }]
    )
    assert.equal(new Set(message.tool_calls?.map(({ id }) => id)).size, 2)
  })

  it('never takes the message id of an earlier reply', async () => {
    const port = metered(saying(new AIMessage({ id: 'same', content: 'b' })))
    const { message } = await port.reply([...HI, new AIMessage({ id: 'same', content: 'a' })], BARE)
    assert.ok(message.id && message.id !== 'same')
  })

  it('moves invalid calls beside the others, with their text', async () => {
    const reply = new AIMessage({
      id: 'm',
      content: '',
      tool_calls: [{ id: 'good', name: 'a', args: { x: 1 } }],
      invalid_tool_calls: [{ id: 'bad', name: 'b', args: '{"x":', error: 'Malformed args.', type: 'invalid_tool_call' }]
    })
    const { message } = await metered(handingOn(reply)).reply(HI, BARE)
    assert.deepEqual(
      message.tool_calls?.map(({ id, args }) => [id, args]),
      [
        ['good', { x: 1 }],
        ['bad', {}]
      ]
    )
    assert.equal(malformedOf(message, 'bad')?.text, '{"x":')
  })

  it('takes arguments that are JSON but no object for malformed', async () => {
    const reply = new AIMessageChunk({
      id: 'm',
      content: '',
      tool_call_chunks: [{ id: 'c', name: 'a', args: '[1,2]', index: 0 }]
    })
    const { message } = await metered(handingOn(reply)).reply(HI, BARE)
    assert.deepEqual(message.tool_calls?.[0]?.args, {})
    assert.deepEqual(malformedOf(message, 'c'), { text: '[1,2]', error: 'the arguments are not a JSON object' })
  })

  it('mends slips of form in a whole reply, wherever the client put the arguments', async () => {
    const twice = JSON.stringify({ x: 1 }) as unknown as Record<string, unknown>
    const reply = new AIMessage({
      id: 'm',
      content: '',
      tool_calls: [{ id: 'twice', name: 'functions.read', args: twice }],
      invalid_tool_calls: [{ id: 'fenced', name: 'READ', args: '```json\n{"x":2}\n```', type: 'invalid_tool_call' }]
    })
    const { message } = await metered(handingOn(reply)).reply(HI, { tools: [READ], config: {} })
    assert.deepEqual(
      message.tool_calls?.map(({ id, name, args }) => [id, name, args]),
      [
        ['twice', 'read', { x: 1 }],
        ['fenced', 'read', { x: 2 }]
      ]
    )
  })

  it('leaves the name of a tool alone that may be one of two', async () => {
    const port = metered(saying(new AIMessage({ content: '', tool_calls: [{ id: 'c', name: 'Read', args: {} }] })))
    const tools = [READ, { ...READ, name: 'READ' }]
    assert.equal((await port.reply(HI, { tools, config: {} })).message.tool_calls?.[0]?.name, 'Read')
  })

  it('binds the tools once for each array of specs', async () => {
    const model = scripted(() => 'ok')
    let bound = 0
    const bindTools = model.bindTools!.bind(model)
    model.bindTools = (tools) => {
      bound++
      return bindTools(tools)
    }
    const port = metered(model)
    const tools = [READ]
    for (let step = 0; step < 3; step++) await port.reply(HI, { tools, config: {} })
    await port.reply(HI, { tools: [READ], config: {} })
    assert.equal(bound, 2)
  })

  it('makes its model when it is first needed, once, and tries again after a failure', async () => {
    let made = 0
    const port = metered(async () => {
      made++
      if (made === 1) throw new Error('no key yet')
      return scripted(() => 'ok')
    })
    assert.equal(made, 0)
    await assert.rejects(port.reply(HI, BARE), /no key yet/)
    await Promise.all([port.reply(HI, BARE), port.reply(HI, { tools: [READ], config: {} })])
    assert.equal(made, 2)
  })

  for (const streaming of [true, false]) {
    it(`lets LangGraph see the tokens of a reply that is ${streaming ? 'streamed' : 'not'}`, async () => {
      const State = new StateSchema({ messages: MessagesValue })
      const port = metered(scripted(() => 'one two three'))
      const graph = new StateGraph(State)
        .addNode('think', async ({ messages }, config) => {
          const onText = streaming ? () => {} : undefined
          const { message } = await port.reply(messages, { tools: [], config, ...(onText && { onText }) })
          return { messages: [message] }
        })
        .addEdge(START, 'think')
        .addEdge('think', END)
        .compile()
      const tokens: BaseMessage[] = []
      for await (const [token] of await graph.stream({ messages: HI }, { streamMode: 'messages' })) tokens.push(token)
      assert.deepEqual(tokens.map((token) => token.text).filter(Boolean), ['one', ' two', ' three'])
      assert.equal(new Set(tokens.map((token) => token.id)).size, 1)
    })
  }
})

/** A model that hands on its reply untouched, chunk or not. */
function handingOn(reply: AIMessage | AIMessageChunk): BaseChatModel {
  return new AnsweringModel(async () => reply)
}
