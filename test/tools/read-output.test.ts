import { describe, expect, it } from 'vitest'
import { coordinator } from '../../tools/coordinator.ts'
import { readOutput } from '../../tools/read-output.ts'
import { memoryOutputs, toolRun } from '../support/tool-run.ts'

async function reading(args: Record<string, unknown>, threadId = 'thread') {
  const outputs = memoryOutputs()
  await outputs.put({ threadId: 'thread', toolCallId: 'long', text: `${'a'.repeat(100)}${'b'.repeat(100)}` })
  const run = coordinator(new Map([[readOutput.name, readOutput]]))
  return run({ id: 'call', name: 'read_output', args }, toolRun({ outputs, threadId }))
}

describe('read_output', () => {
  it('reads from the start where nothing else is asked', async () => {
    expect(await reading({ call_id: 'long' })).toEqual({
      ok: true,
      output: `${'a'.repeat(100)}${'b'.repeat(100)}\n[characters 0 to 200 of 200]`
    })
  })

  it('reads a part and says where to go on', async () => {
    expect(await reading({ call_id: 'long', offset: 50, limit: 100 })).toEqual({
      ok: true,
      output: `${'a'.repeat(50)}${'b'.repeat(50)}\n[characters 50 to 150 of 200; go on with offset 150]`
    })
  })

  it.each([
    ['an unknown call', { call_id: 'other' }, 'no output is kept for the call "other"'],
    ['an offset past the end', { call_id: 'long', offset: 200 }, 'the output has 200 characters'],
    ['a negative offset', { call_id: 'long', offset: -1 }, 'offset'],
    ['a limit of nothing', { call_id: 'long', limit: 0 }, 'limit']
  ])('answers %s clearly', async (_case, args, words) => {
    const result = await reading(args)
    expect(result).toMatchObject({
      ok: false,
      error: { code: 'BAD_ARGUMENTS', message: expect.stringContaining(words) }
    })
  })

  it('reads nothing of another thread', async () => {
    expect(await reading({ call_id: 'long' }, 'another')).toMatchObject({ ok: false, error: { code: 'BAD_ARGUMENTS' } })
  })
})
