import { AIMessage } from '@langchain/core/messages'
import { assert, describe, it } from 'vitest'
import { hookedOf, withHooked } from '../../state/hooked.ts'

const call = (id: string, args = { path: 'a' }) => ({ id, name: 'write', args, type: 'tool_call' as const })

describe('a reply that hooks have seen', () => {
  it('is the same where they left it as it was', () => {
    const reply = new AIMessage({ content: '', tool_calls: [call('1')] })
    assert.equal(withHooked(reply, new Map([['1', { args: reply.tool_calls![0]!.args }]])), reply)
  })

  it('has the new arguments wherever a provider keeps them', () => {
    const usage = { input_tokens: 1, output_tokens: 2, total_tokens: 3 }
    const reply = new AIMessage({
      id: 'message',
      content: [
        { type: 'text', text: 'so' },
        { type: 'tool_use', id: '1', name: 'write', input: { path: 'a' } },
        { type: 'tool_use', id: '2', name: 'write', input: '{"path":"a"}' },
        { type: 'function_call', id: 'x', call_id: '3', name: 'write', arguments: '{"path":"a"}' },
        { type: 'tool_use', id: '4', name: 'write', input: { path: 'a' } }
      ],
      tool_calls: ['1', '2', '3', '4'].map((id) => call(id)),
      usage_metadata: usage as never,
      response_metadata: { output: ['raw'], model: 'm' }
    })
    const args = { path: 'b' }
    const made = withHooked(reply, new Map(['1', '2', '3'].map((id) => [id, { args }])))
    assert.deepEqual(
      made.tool_calls!.map((one) => one.args.path),
      ['b', 'b', 'b', 'a']
    )
    const [, first, second, third, fourth] = made.content as Record<string, unknown>[]
    assert.deepEqual([first!.input, second!.input, third!.arguments, fourth!.input], [
      args,
      JSON.stringify(args),
      JSON.stringify(args),
      { path: 'a' }
    ] as never)
    assert.deepEqual([made.id, made.usage_metadata, made.response_metadata], [
      'message',
      usage,
      { model: 'm' }
    ] as never)
  })

  it('bears the verdict beside the call', () => {
    const reply = new AIMessage({ content: '', tool_calls: [call('1'), call('2')] })
    const verdict = { kind: 'deny', reason: 'no' } as const
    const made = withHooked(reply, new Map([['1', { args: call('1').args, verdict }]]))
    assert.deepEqual([hookedOf(made, '1'), hookedOf(made, '2')], [verdict, undefined])
  })
})
