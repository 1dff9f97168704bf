import {
  AIMessage,
  type BaseMessage,
  HumanMessage,
  isToolMessage,
  type MessageContent,
  SystemMessage,
  ToolMessage
} from '@langchain/core/messages'
import fc from 'fast-check'
import { assert, describe, it } from 'vitest'
import { accepted, isInterlude } from '../../state/accepted.ts'
import { brokenRules } from '../support/provider-rules/all.ts'

const say = (content: MessageContent) => new HumanMessage({ content })
const reply = (content: MessageContent, ...ids: string[]) =>
  new AIMessage({ content, tool_calls: ids.map((id) => ({ id, name: 'read', args: {} })) })
const result = (id: string, content: MessageContent = 'read') =>
  new ToolMessage({ tool_call_id: id, name: 'read', content })

const texts = (messages: readonly BaseMessage[]) => messages.map(({ text }) => text)

describe('what a model is sent', () => {
  it('is the messages themselves where nothing is amiss', () => {
    const list = [say('go'), reply('', 'a', 'b'), result('a'), result('b'), reply('done'), say('and now?')]
    const sent = accepted(list)
    assert.ok(sent.length === list.length && sent.every((message, at) => message === list[at]))
  })

  it('has an interlude where a person speaks behind a result', () => {
    const sent = accepted([say('go'), reply('', 'a'), result('a'), say('wait')])
    assert.deepEqual(texts(sent), ['go', '', 'read', '(interrupted by a message)', 'wait'])
    assert.deepEqual(sent.map(isInterlude), [false, false, false, true, false])
    assert.deepEqual(brokenRules(sent), [])
  })

  it('has an interlude where a person speaks again before the model did', () => {
    const sent = accepted([say('go'), say('wait'), say('now go')])
    assert.deepEqual(texts(sent), ['go', '(interrupted by a message)', 'wait', '(interrupted by a message)', 'now go'])
    assert.deepEqual(brokenRules(sent), [])
  })

  it('has words for a person, a model and a tool that have none', () => {
    const sent = accepted([say(''), reply(' \n'), say(' '), reply('', 'a', 'b'), result('a', ''), result('b', '\n')])
    assert.deepEqual(texts(sent), ['(no words)', '(no words)', '(no words)', '', '(no output)', '(no output)'])
    assert.deepEqual(brokenRules(sent), [])
  })

  it('has no blank text beside calls, and the calls all the same', () => {
    const sent = accepted([say('go'), reply('\n', 'a'), result('a')])
    assert.equal(sent[1]!.content, '')
    assert.deepEqual((sent[1] as AIMessage).tool_calls, reply('', 'a').tool_calls)
    assert.deepEqual(brokenRules(sent), [])
  })

  it('has no blank text among other blocks', () => {
    const text = (words: string) => ({ type: 'text', text: words })
    const sent = accepted([
      say([text(''), text('go')]),
      reply([text(' ')]),
      say([]),
      reply([text('')], 'a'),
      result('a')
    ])
    assert.deepEqual(
      sent.slice(0, 4).map(({ content }) => content),
      [[text('go')], '(no words)', '(no words)', '']
    )
    assert.deepEqual(brokenRules(sent), [])
  })

  it('keeps what else a message says of itself', () => {
    const failed = new ToolMessage({ id: 'r', tool_call_id: 'a', name: 'read', status: 'error', content: '' })
    const steer = new HumanMessage({ id: 'h', content: '', additional_kwargs: { steer: true } })
    const sent = accepted([say('go'), reply('', 'a'), failed, steer])
    const [toolResult, , steered] = sent.slice(2)
    assert.ok(toolResult && isToolMessage(toolResult))
    const { id, tool_call_id, name, status } = toolResult
    assert.deepEqual({ id, tool_call_id, name, status }, { id: 'r', tool_call_id: 'a', name: 'read', status: 'error' })
    assert.deepEqual([steered!.id, steered!.additional_kwargs], ['h', { steer: true }])
  })

  it('keeps every rule of every provider, whatever was said, stopped and left open', () => {
    const words = fc.constantFrom('', ' ', '\n', 'word', 'word ')
    // A step makes calls, some of which never had a result; a turn is what people say, steps, and perhaps a last word.
    const step = fc.record({ words, results: fc.array(fc.option(words), { minLength: 1, maxLength: 3 }) })
    const turn = fc.record({
      said: fc.array(words, { minLength: 1, maxLength: 3 }),
      steps: fc.array(step, { maxLength: 3 }),
      last: fc.option(words)
    })
    fc.assert(
      fc.property(fc.array(turn, { maxLength: 4 }), (turns) => {
        let calls = 0
        const stepped = ({ words, results }: { words: string; results: readonly (string | null)[] }) => {
          const ids = results.map(() => `call_${calls++}`)
          const settled = results.flatMap((text, at) => (text === null ? [] : [result(ids[at]!, text)]))
          return [reply(words, ...ids), ...settled]
        }
        const thread = turns.flatMap(({ said, steps, last }) => [
          ...said.map(say),
          ...steps.flatMap(stepped),
          ...(last === null ? [] : [reply(last)])
        ])
        assert.deepEqual(brokenRules([new SystemMessage('be kind'), ...accepted([...thread, say('and now?')])]), [])
      })
    )
  })
})
