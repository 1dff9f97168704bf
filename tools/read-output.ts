import { z } from 'zod'
import { RuntimeError } from '../state/errors.ts'
import { enveloped, writerIn } from './envelope.ts'
import { tool } from './tool.ts'
import { wholeUpTo } from './whole-characters.ts'

/** Reads on in an output that was too long to be shown whole. */
export const readOutput = tool({
  name: 'read_output',
  description: 'Reads a part of the output of an earlier call that was too long to be shown whole.',
  effect: 'read',
  args: z.object({
    call_id: z.string().min(1).describe('The call_id named where the output was cut'),
    offset: z.number().int().min(0).default(0).describe('Characters to pass over'),
    limit: z.number().int().min(100).max(20_000).default(10_000).describe('Characters to read')
  }),
  async run({ call_id, offset, limit }, { outputs, threadId }) {
    const text = await outputs.get({ threadId, toolCallId: call_id })
    if (text === undefined)
      throw new RuntimeError(
        'BAD_ARGUMENTS',
        `no output is kept for the call "${call_id}"; only those that were cut are`
      )
    if (offset >= text.length)
      throw new RuntimeError(
        'BAD_ARGUMENTS',
        `the output has ${text.length} characters, so offset ${offset} is past its end`
      )
    const start = wholeUpTo(text, offset)
    const end = wholeUpTo(text, Math.min(start + limit, text.length))
    const next = end < text.length ? `; go on with offset ${end}` : ''
    const part = text.slice(start, end)
    // A part from the middle would stand outside of the envelope that the whole is in.
    const note = `[characters ${start} to ${end} of ${text.length}${next}]`
    const from = writerIn(text)
    if (from === undefined) return `${part}\n${note}`
    return { output: `${enveloped(part, { from: 'whoever wrote that output' })}\n${note}`, untrusted: from }
  }
})
