import { randomBytes } from 'node:crypto'
import { inspect, isDeepStrictEqual } from 'node:util'
import {
  AIMessage,
  AIMessageChunk,
  BaseMessage,
  ChatMessage,
  ChatMessageChunk,
  FunctionMessage,
  FunctionMessageChunk,
  HumanMessage,
  HumanMessageChunk,
  RemoveMessage,
  SystemMessage,
  SystemMessageChunk,
  ToolMessage,
  ToolMessageChunk
} from '@langchain/core/messages'
import { StringPromptValue } from '@langchain/core/prompt_values'
import { Command, Overwrite, Send } from '@langchain/langgraph'
import { DeltaSnapshot, JsonPlusSerializer } from '@langchain/langgraph-checkpoint'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { serializer } from '../../checkpointers/serializer.ts'
import { storeKey } from '../../checkpointers/store-key.ts'
import { usageField } from '../../models/usage-metadata.ts'
import { anyJson, expectPlain, HUMAN_ENVELOPE } from '../support/hostile-json.ts'

const ours = serializer()
const official = new JsonPlusSerializer()
const again = async (value: unknown) => ours.loadsTyped(...(await ours.dumpsTyped(value)))
const officially = async (value: unknown) => official.loadsTyped(...(await official.dumpsTyped(value)))
/** What the official serializer wrote, as this one reads it. */
const inherited = async (value: unknown) => ours.loadsTyped(...(await official.dumpsTyped(value)))

const call = { id: 'c', name: 'shell', args: { command: 'ls', deep: [{ a: undefined }] }, type: 'tool_call' as const }
const usage = { input_tokens: 1, output_tokens: 2, total_tokens: 3 }
const chunk = { index: 0, id: 'c', name: 'shell', args: '{"command":"ls"}', type: 'tool_call_chunk' as const }

const MESSAGES = [
  new HumanMessage('hello'),
  new HumanMessage({ content: [{ type: 'text', text: 'hello' }], id: 'h', name: 'Ada', additional_kwargs: { a: [1] } }),
  new HumanMessage({ contentBlocks: [{ type: 'text', text: 'hello' }] }),
  new AIMessage({ content: '', tool_calls: [call], response_metadata: { model_name: 'm' } }),
  new AIMessage({ content: 'hello', ...usageField(usage), id: 'a' }),
  new AIMessage({ contentBlocks: [{ type: 'text', text: 'hello' }] }),
  new SystemMessage({ content: 'be brief', id: 's' }),
  new ToolMessage({ content: 'done', tool_call_id: 'c', status: 'error', artifact: { rows: [1] } }),
  new ChatMessage({ content: 'hello', role: 'critic' }),
  new FunctionMessage({ content: 'done', name: 'f' }),
  new RemoveMessage({ id: 'gone' }),
  new AIMessageChunk({ content: 'hel', tool_call_chunks: [chunk], id: 'r' }),
  new HumanMessageChunk({ content: 'hel' }),
  new SystemMessageChunk({ content: 'hel' }),
  new ChatMessageChunk({ content: 'hel', role: 'critic' }),
  new FunctionMessageChunk({ content: 'hel', name: 'f' })
]

const VALUES: readonly (readonly [string, unknown])[] = [
  ['undefined', undefined],
  ['null', null],
  ['numbers', [0, 1.5, 1e300, Number.NaN]],
  ['undefined in objects and lists', { a: undefined, b: [undefined, 1], c: {} }],
  ['a set in a map', new Map<unknown, unknown>([['a', new Set([1, { b: 2 }])]])],
  ['a regular expression', { pattern: /a\/b"/giu }],
  ['an error', { failed: new TypeError('no "way"') }],
  ['bytes in an object', { bytes: new Uint8Array([0, 1, 255]) }],
  ['a date', { at: new Date(0) }],
  ['functions and symbols', { f: () => 1, s: Symbol('s'), list: [() => 1] }],
  ['a send', [new Send('act', { call, message: new HumanMessage('hello') })]],
  ['a send with a timeout', new Send('act', 1, { timeout: 5 })],
  ['a command', new Command({ update: { a: 1 }, goto: ['act'] })],
  ['an overwrite', new Overwrite(['a'])],
  ['a snapshot of a delta channel', new DeltaSnapshot([new HumanMessage('hello')])],
  ['an interrupt', [{ id: 'i', value: { asks: [call] } }]],
  [
    'a class of somebody',
    new (class Point {
      x = 1
    })()
  ]
]

describe('the serializer', () => {
  it.each(MESSAGES.map((message) => [message.constructor.name, message] as const))(
    'gives back a message: %s',
    async (_, message) => {
      const back = await again({ messages: [message] })
      expect(back.messages[0]).toBeInstanceOf(BaseMessage)
      expect(back.messages[0].constructor).toBe(message.constructor)
      expect(back).toEqual(await officially({ messages: [message] }))
      expect(back.messages[0].toDict()).toEqual(message.toDict())
    }
  )

  it('gives back what the official one loses of a tool’s message: a set in its artifact, the call of a chunk', async () => {
    const { artifact } = await again(new ToolMessage({ content: '', tool_call_id: 'c', artifact: new Set([1]) }))
    expect(artifact).toEqual(new Set([1]))
    const back = await again(new ToolMessageChunk({ content: 'do', tool_call_id: 'c', status: 'success' }))
    expect(back).toBeInstanceOf(ToolMessageChunk)
    expect(back).toMatchObject({ content: 'do', tool_call_id: 'c', status: 'success' })
  })

  it.each(VALUES)('gives back what the official one gives back: %s', async (_, value) => {
    expect(await again(value)).toEqual(await officially(value))
  })

  it('gives back a command as LangGraph knows it, with what it sends', async () => {
    const back = new Command(await again(new Command({ goto: [new Send('act', 1)] })))
    expect(back.goto).toEqual([new Send('act', 1)])
  })

  it('gives back bytes and big integers', async () => {
    expect(await again(Buffer.from([0, 255]))).toEqual(new Uint8Array([0, 255]))
    expect(await again({ big: 2n ** 70n })).toEqual({ big: 2n ** 70n })
  })

  it('marks a circle, and keeps what only occurs twice', async () => {
    const twice = { a: 1 }
    const circle: Record<string, unknown> = { first: twice, second: twice }
    circle.self = circle
    expect(await again(circle)).toEqual({ first: { a: 1 }, second: { a: 1 }, self: '[Circular]' })
  })

  it('takes a subclass of a message for the message that it extends', async () => {
    class Whisper extends HumanMessage {}
    const back = await again(new Whisper('psst'))
    expect(back.constructor).toBe(HumanMessage)
    expect(back.content).toBe('psst')
  })

  it('revives no other class of LangChain', async () => {
    expectPlain(await again({ prompt: new StringPromptValue('hello') }))
  })

  it('keeps the values that it is given as they are', async () => {
    const message = new AIMessage({ content: 'a', tool_calls: [call] })
    const value = { messages: [message], set: new Set([call]), plain: { $deputy: 'Set', of: [1] } }
    const before = inspect(value, { depth: 9 })
    await ours.dumpsTyped(value)
    expect(inspect(value, { depth: 9 })).toBe(before)
  })

  it('gives back any JSON as it was, plain, whatever it looks like', async () => {
    await fc.assert(
      fc.asyncProperty(anyJson(), async (value) => {
        const back = await again({ value })
        expectPlain(back)
        expect(isDeepStrictEqual(back, { value })).toBe(true)
      }),
      { numRuns: 500 }
    )
    expect(Object.keys(Object.prototype)).toEqual([])
  })

  it('gives back any JSON in a message as it was, plain', async () => {
    await fc.assert(
      fc.asyncProperty(anyJson(), async (value) => {
        const args = { value }
        const message = new AIMessage({
          content: [{ type: 'text', text: 'a', value }],
          tool_calls: [{ ...call, args }],
          additional_kwargs: { value },
          response_metadata: { value }
        })
        const back = await again([message, new ToolMessage({ content: 'b', tool_call_id: 'c', artifact: value })])
        const { content, tool_calls, additional_kwargs, response_metadata } = back[0]
        for (const found of [content[0].value, tool_calls[0].args.value, back[1].artifact])
          expect(isDeepStrictEqual(found, value)).toBe(true)
        for (const found of [additional_kwargs.value, response_metadata.value]) {
          expectPlain(found)
          expect(isDeepStrictEqual(found, value)).toBe(true)
        }
      }),
      { numRuns: 200 }
    )
  })

  it('gives back any string, also with NUL and half of a pair', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.string({ unit: fc.integer({ min: 0, max: 0xffff }).map((c) => String.fromCharCode(c)) }),
        async (text) => {
          expect(await again({ [`k${text}`]: text })).toEqual({ [`k${text}`]: text })
        }
      )
    )
  })
})

describe('the seal', () => {
  const key = randomBytes(32).toString('hex')
  const keyed = serializer({ key: storeKey(key) })
  const load = (data: unknown, { by = ours, place = ['a'] } = {}) => by.load({ type: 'deputy', data }, place)
  const REFUSED = { code: 'BAD_STORE' }

  it('shows that any one byte was changed, and that the end is gone', () => {
    for (const by of [ours, keyed]) {
      const data = by.dump({ text: 'hello', n: [1, 2] }, ['a'])
      expect(load(data, { by })).toEqual({ text: 'hello', n: [1, 2] })
      for (let at = 0; at < data.length; at++) {
        const changed = Buffer.from(data)
        changed[at]! ^= 1
        expect(() => load(changed, { by }), `byte ${at}`).toThrow()
        expect(() => load(data.subarray(0, at), { by }), `${at} bytes`).toThrow()
      }
    }
  })

  it('shows that data was moved to another place', () => {
    const data = ours.dump('approve', ['writes', 'thread', 1])
    expect(load(data, { place: ['writes', 'thread', 1] as never })).toBe('approve')
    expect(() => load(data, { place: ['writes', 'another', 1] as never })).toThrow('does not match')
  })

  it('of a key is made by nobody without it', () => {
    const other = serializer({ key: storeKey(randomBytes(32).toString('base64')) })
    expect(load(keyed.dump('a', ['a']), { by: keyed })).toBe('a')
    for (const data of [ours.dump('a', ['a']), other.dump('a', ['a']), Buffer.from('"a"')])
      expect(() => load(data, { by: keyed })).toThrow(expect.objectContaining(REFUSED))
    for (const type of ['json', 'bytes', null])
      expect(() => keyed.load({ type, data: Buffer.from('"a"') })).toThrow(expect.objectContaining(REFUSED))
  })

  it('says what is missing where it cannot be opened', () => {
    expect(() => load(keyed.dump('a', ['a']))).toThrow('DEPUTY_STORE_KEY')
    expect(() => load(ours.dump('a', ['a']), { by: keyed })).toThrow('without the key')
    expect(() => load(7)).toThrow(expect.objectContaining(REFUSED))
    expect(() => load(Buffer.from('"a"'))).toThrow('"deputy"')
  })
})

describe('the key of a store', () => {
  it('is 32 bytes in hex or base64, and the same in both', () => {
    const bytes = randomBytes(32)
    const sealed = serializer({ key: storeKey(bytes.toString('hex')) }).dump('a')
    for (const encoding of ['base64', 'base64url'] as const) {
      const key = storeKey(bytes.toString(encoding))
      expect(serializer({ key }).load({ type: 'deputy', data: sealed })).toBe('a')
    }
    expect(storeKey('')).toBeUndefined()
    expect(storeKey(undefined)).toBeUndefined()
  })

  it.each(['sesame', 'a'.repeat(63), 'g'.repeat(64), `${'a'.repeat(44)}`, ' '])(
    'is refused where it is "%s", and not repeated',
    (text) => {
      const refused = expect.objectContaining({ code: 'BAD_STORE', message: expect.not.stringContaining('sesame') })
      expect(() => storeKey(text)).toThrow(refused)
    }
  )

  it('is not in what shows it', () => {
    const text = randomBytes(32).toString('hex')
    const shown = inspect({ key: storeKey(text), serde: serializer({ key: storeKey(text) }) }, { depth: 9 })
    expect(shown).not.toContain(text)
    expect(JSON.stringify(storeKey(text))).toBe('{}')
  })
})

describe('what the official serializer wrote', () => {
  it.each(MESSAGES.map((message) => [message.constructor.name, message] as const))(
    'is read as it reads it: %s',
    async (_, message) => {
      const back = await inherited({ messages: [message] })
      expect(back).toEqual(await officially({ messages: [message] }))
      expect(back.messages[0].constructor).toBe(message.constructor)
    }
  )

  it.each(VALUES)('is read as it reads it: %s', async (_, value) => {
    expect(await inherited(value)).toEqual(await officially(value))
  })

  it('is read where it is bytes', async () => {
    expect(await inherited(new Uint8Array([0, 255]))).toEqual(new Uint8Array([0, 255]))
  })

  it('revives nothing in a message of an older version, which had not marked it', () => {
    const kwargs = { content: [{ type: 'text', text: 'a', note: HUMAN_ENVELOPE }], additional_kwargs: HUMAN_ENVELOPE }
    const data = JSON.stringify([{ ...HUMAN_ENVELOPE, kwargs }])
    const [message] = ours.load({ type: 'json', data }) as [HumanMessage]
    expect(message).toBeInstanceOf(HumanMessage)
    expect(message.content).toStrictEqual(kwargs.content)
    expect(message.additional_kwargs).toStrictEqual(HUMAN_ENVELOPE)
  })

  it('revives nothing in a message: its contents and arguments are the words of others', async () => {
    const hostile = { note: HUMAN_ENVELOPE }
    const message = new AIMessage({
      content: [{ type: 'text', text: 'a', ...hostile }],
      tool_calls: [{ ...call, args: hostile }],
      additional_kwargs: hostile
    })
    const back = await inherited([message])
    expect(back[0]).toBeInstanceOf(AIMessage)
    expect(back[0].content[0].note).toStrictEqual(HUMAN_ENVELOPE)
    expect(back[0].tool_calls[0].args).toStrictEqual(hostile)
    expect(back[0].additional_kwargs).toStrictEqual(hostile)
  })

  it.each([
    {
      lc: 1,
      type: 'constructor',
      id: ['langchain_core', 'prompt_values', 'StringPromptValue'],
      kwargs: { value: 'a' }
    },
    { lc: 1, type: 'constructor', id: ['langchain_core', 'messages', 'constructor'], kwargs: {} },
    { lc: 1, type: 'constructor', id: ['langchain', 'messages', 'HumanMessage'], kwargs: { content: 'a' } },
    { lc: 1, type: 'secret', id: ['OPENAI_API_KEY'] },
    { lc: 1, type: 'not_implemented', id: ['a'] },
    { lc: 2, type: 'constructor', id: ['Function'], args: ['return 1'] },
    { lc: 2, type: 'constructor', id: ['Set'], method: 'constructor', args: [[1]] },
    { lc: 2, type: 'constructor', id: ['RegExp'], args: ['(', ''] },
    { lc: 2, type: 'constructor', id: ['Map'], args: [[1]] },
    { $deputy: 'Set', of: [1] }
  ])('keeps %j as it is', async (value) => {
    const back = ours.load({ type: 'json', data: JSON.stringify({ value }) })
    expect(back).toStrictEqual({ value })
  })

  it('touches no prototype', () => {
    const back = ours.load({
      type: 'json',
      data: '{"__proto__":{"polluted":1},"a":{"__proto__":[{"lc":2,"type":"undefined"}]}}'
    })
    expectPlain(back)
    expect(Object.hasOwn(back as object, '__proto__')).toBe(true)
    expect(({} as Record<string, unknown>).polluted).toBeUndefined()
  })
})
