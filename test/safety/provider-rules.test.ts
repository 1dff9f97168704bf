// The rules can be broken: for each there is a small list that breaks it, and no other of its provider.
import { AIMessage, type BaseMessage, HumanMessage, SystemMessage, ToolMessage } from '@langchain/core/messages'
import { assert, describe, it } from 'vitest'
import { brokenRules, PROVIDERS } from '../support/provider-rules/all.ts'

type Call = { id: string; name?: string; args?: unknown }

const system = (text: string) => new SystemMessage(text)
const human = (text: string) => new HumanMessage(text)
const ai = (text: string, ...calls: Call[]) =>
  new AIMessage({
    content: text,
    tool_calls: calls.map(({ id, name = 'read', args = {} }) => ({ id, name, args: args as Record<string, unknown> }))
  })
const result = (id: string, { name = 'read', text = 'read' } = {}) =>
  new ToolMessage({ tool_call_id: id, name, content: text })
/** A call and its result, and all around them in order. */
const called = (call: Call) => [human('go'), ai('', call), result(call.id, { ...(call.name && { name: call.name }) })]

const LONG = 'x'.repeat(200)

const BREAKS: Readonly<Record<string, Readonly<Record<string, readonly BaseMessage[]>>>> = {
  OpenAI: {
    'there is a message': [],
    'content is there': [new HumanMessage({ content: [] })],
    'calls are followed by their results': [human('go'), ai('', { id: 'a' })],
    'a result answers a call before it': [human('go'), result('a')],
    'a call has one result': [human('go'), ai('', { id: 'a' }), result('a'), result('a')],
    'an id has 1 to 40 characters': called({ id: 'x'.repeat(41) }),
    'a name is letters, digits, _ and -': called({ id: 'a', name: 'functions.read' }),
    'arguments are a JSON object': called({ id: 'a', args: ['a'] })
  },
  Anthropic: {
    'it starts with the user': [ai('hello'), human('go')],
    'the system prompt stands first': [human('go'), ai('hello'), system('be kind'), human('go')],
    'content is not empty': [human('go'), ai(''), human('go')],
    'no text is blank': [system(' '), human('go')],
    'calls are followed by their results': [human('go'), ai('', { id: 'a' }), human('go')],
    'a result answers a call before it': [human('go'), ai('hello'), result('a')],
    'a call has one result': [human('go'), ai('', { id: 'a' }), result('a'), result('a')],
    'results stand before other words': [human('go'), ai('', { id: 'a' }), human('wait'), result('a')],
    'a call has an id of its own': [...called({ id: 'a' }), ...called({ id: 'a' }).slice(1)],
    'an id is letters, digits, _ and -': called({ id: 'functions.read:0' }),
    'a name is letters, digits, _ and -': called({ id: 'a', name: LONG }),
    'arguments are an object': called({ id: 'a', args: 'a' }),
    'a final reply does not end in white space': [human('go'), ai('hello ')]
  },
  Gemini: {
    'there is a turn': [system('be kind')],
    'it starts with the user': [ai('hello'), human('go')],
    'it ends with the user': [human('go'), ai('hello')],
    'a turn has parts': [human('go'), ai(''), human('go')],
    'calls come right after the user': [human('go'), ai('hello'), ai('', { id: 'a' }), result('a')],
    'responses come right after calls': [human('go'), ai('hello'), result('a')],
    'there are as many responses as calls': [human('go'), ai('', { id: 'a' }, { id: 'b' }), result('a')],
    'a response has the name of its call': [human('go'), ai('', { id: 'a' }), result('a', { name: 'write' })],
    'nothing is said behind responses': [...called({ id: 'a' }), human('wait')],
    'a name is letters, digits, _ and -': called({ id: 'a', name: 'rm -rf' }),
    'arguments are an object': called({ id: 'a', args: 'a' })
  },
  Bedrock: {
    'it starts with the user': [ai('hello'), human('go')],
    'it ends with the user': [human('go'), ai('hello')],
    'roles alternate': [human('go'), human('wait')],
    'content is not empty': [human('go'), ai(''), human('go')],
    'no text is blank': [human('go'), ai('', { id: 'a' }), result('a', { text: '' })],
    'calls are followed by their results': [human('go'), ai('', { id: 'a' }), human('go')],
    'there are no more results than calls': [human('go'), ai('', { id: 'a' }), result('a'), result('a')],
    'a call has an id of its own': [human('go'), ai('', { id: 'a' }, { id: 'a' }), result('a'), result('a')],
    'an id is letters, digits, _ and -': called({ id: 'x'.repeat(65) }),
    'a name is letters, digits, _ and -': called({ id: 'a', name: '' })
  }
}

for (const { provider, rules, broken } of PROVIDERS)
  describe(`the rules of ${provider}`, () => {
    for (const rule of rules)
      it(`can be broken: ${rule}`, () => {
        const list = BREAKS[provider]?.[rule]
        assert.ok(list, 'a list that breaks it')
        assert.deepEqual(
          broken(list).map((each) => each.rule),
          [rule]
        )
      })
  })

describe('the rules of all providers', () => {
  it('are kept by a plain conversation with calls', () => {
    const list = [
      system('be kind'),
      human('go'),
      ai('', { id: 'a' }, { id: 'b', name: 'write', args: { path: 'x' } }),
      result('a'),
      result('b', { name: 'write', text: 'written' }),
      ai('done'),
      human('and now?')
    ]
    assert.deepEqual(brokenRules(list), [])
  })

  it('are broken by what a client refuses to send', () => {
    assert.deepEqual(
      brokenRules([human('')]).map(({ provider, rule }) => `${provider}: ${rule}`),
      ['Anthropic: content is not empty', 'Gemini: a turn has parts', 'Bedrock: the client takes it']
    )
  })
})
