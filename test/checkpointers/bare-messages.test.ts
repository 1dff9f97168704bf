import { isDeepStrictEqual } from 'node:util'
import {
  AIMessage,
  ChatMessage,
  HumanMessage,
  RemoveMessage,
  SystemMessage,
  ToolMessage
} from '@langchain/core/messages'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { encode } from '../../checkpointers/encoding.ts'
import { messageFrom } from '../../checkpointers/messages.ts'
import { type BareKind, bareIn, bareKindOf, isStillBare, type Said } from '../../checkpointers/sharing/bare-messages.ts'

type Members = Record<string, unknown>

const CLASSES = { AIMessage, HumanMessage, SystemMessage }
const COST = { input_tokens: 1, output_tokens: 1, total_tokens: 2 }
const said: Said = { content: 'some text', id: 'an-id' }
const nowhere = () => {
  throw new Error('nothing lies elsewhere')
}

const messageOf = (name: string, { content, id }: Said = said) => messageFrom(name, { content, id }) as Members & Said

/** A message that a node may hold, and its kind. */
function bare(name: string): { message: Members & Said; kind: BareKind } {
  const kind = bareKindOf(messageOf(name))
  if (!kind) throw new Error(`${name} is not bare`)
  return { message: messageOf(name), kind }
}

describe.each(Object.keys(CLASSES))('a bare %s', (name) => {
  it('is made of what it says as LangChain makes it', () => {
    const { kind } = bare(name)
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.option(fc.string(), { nil: undefined }), (content, id) => {
        const made = new kind.Message({ content, id }) as Members
        const given = { ...messageOf(name, { content, id }) }
        expect(isDeepStrictEqual({ ...made }, given)).toBe(true)
        expect(Reflect.ownKeys(made)).toEqual(Reflect.ownKeys(given))
        expect(made).toBeInstanceOf(CLASSES[name as keyof typeof CLASSES])
      })
    )
  })

  it('has what its constructor was given as its members', () => {
    const made = new (bare(name).kind.Message)(said) as Members
    const given = made.lc_kwargs as Members
    for (const member of Object.keys(given)) expect(given[member]).toBe(made[member])
  })

  it('is made anew each time: who changes one changes no other', () => {
    const { kind } = bare(name)
    const changed = new kind.Message(said) as Members
    Object.assign(changed.additional_kwargs as object, { added: 1 })
    Object.assign(changed.response_metadata as object, { added: 1 })
    Object.assign(changed.lc_kwargs as object, { added: 1 })
    ;(changed.tool_calls as unknown[] | undefined)?.push({ name: 'added', args: {} })
    expect(isDeepStrictEqual(new kind.Message(said), messageOf(name))).toBe(true)
  })

  it('is read from its JSON without its constructor, also where its text lies elsewhere', () => {
    const { kind } = bare(name)
    const tree = encode(messageOf(name))
    expect(bareIn(JSON.parse(JSON.stringify(tree)), nowhere)).toEqual({ bare: kind, ...said })
    const shared = encode(messageOf(name), { shareText: (text) => (text === said.content ? at(7) : text) })
    expect(bareIn(shared, (place) => `the text at ${place}`)).toEqual({ bare: kind, ...said, content: 'the text at 7' })
  })

  const changes: Record<string, (message: Members) => void> = {
    'its text': (message) => Object.assign(message, { content: 'another text' }),
    'its text to parts': (message) => Object.assign(message, { content: [{ type: 'text', text: 'some text' }] }),
    'its id': (message) => Object.assign(message, { id: 'another-id' }),
    'its name': (message) => Object.assign(message, { name: 'somebody' }),
    'what else it has': (message) => Object.assign(message, { additional_kwargs: { added: 1 } }),
    'what else it has to a list': (message) => Object.assign(message, { additional_kwargs: [] }),
    'what was said of the response': (message) => Object.assign(message, { response_metadata: { model: 'm' } }),
    'its calls': (message) => Object.assign(message, { tool_calls: [{ name: 'work', args: {}, id: 'call_1' }] }),
    'its calls to an object': (message) => Object.assign(message, { tool_calls: {} }),
    'what its constructor was given': (message) => Object.assign(message.lc_kwargs as object, { name: 'somebody' }),
    'its class': (message) => Object.setPrototypeOf(message, ChatMessage.prototype)
  }
  it.each(Object.entries(changes))('is another one for who has changed %s', (_what, change) => {
    const { message, kind } = bare(name)
    expect(isStillBare(message, said, kind)).toBe(true)
    change(message)
    expect(isStillBare(message, said, kind)).toBe(false)
  })
})

it.each([
  ['a result', new ToolMessage({ content: 'done', tool_call_id: 'call_1' })],
  ['a role of its own', new ChatMessage({ content: 'hello', role: 'judge' })],
  ['nothing to say', new RemoveMessage({ id: 'an-id' })],
  ['a name', new HumanMessage({ content: 'hello', name: 'somebody' })],
  ['parts', new HumanMessage({ content: [{ type: 'text', text: 'hello' }] })],
  ['a call', new AIMessage({ content: 'hello', tool_calls: [{ name: 'work', args: {}, id: 'call_1' }] })],
  ['what it has cost', new AIMessage({ content: '', usage_metadata: COST as never })]
])('is not what a message with %s is', (_what, message) => {
  expect(bareKindOf(message)).toBeUndefined()
  expect(bareIn(JSON.parse(JSON.stringify(encode(message))), nowhere)).toBeUndefined()
})

it('is no object of a user that looks like one', () => {
  expect(bareKindOf({ lc_kwargs: { content: 'hello' }, content: 'hello' })).toBeUndefined()
  bare('HumanMessage')
  const fields = { content: 'hello', additional_kwargs: {}, response_metadata: {} }
  for (const name of ['__proto__', 'constructor', 'NoMessage', undefined])
    expect(bareIn({ $deputy: 'message', of: [name, fields] }, nowhere)).toBeUndefined()
  expect(bareIn({ $deputy: 'message', of: ['HumanMessage', { ...fields, content: 7 }] }, nowhere)).toBeUndefined()
  expect(bareIn(fields, nowhere)).toBeUndefined()
})

function at(place: number): object {
  return { $deputy: 'at', of: place }
}
