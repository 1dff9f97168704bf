// A recording is a file of JSON lines, one request with its reply each, in the order in which the replies came.
import { readFileSync } from 'node:fs'
import { AIMessage, type UsageMetadata } from '@langchain/core/messages'
import { z } from 'zod'
import { messageOf, RuntimeError } from '../state/errors.ts'
import { Request } from './request.ts'
import { usageField, usageMetadataOf } from './usage-metadata.ts'

const RecordedReply = z.object({
  id: z.string().optional(),
  content: z.custom<AIMessage['content']>(),
  tool_calls: z.custom<NonNullable<AIMessage['tool_calls']>>(),
  usage_metadata: z.custom<UsageMetadata>().optional(),
  additional_kwargs: z.record(z.string(), z.unknown()),
  response_metadata: z.record(z.string(), z.unknown())
})
type RecordedReply = z.infer<typeof RecordedReply>

export const Recording = z.object({ request: Request, reply: RecordedReply })
export type Recording = z.infer<typeof Recording>

export function recordedReply(message: AIMessage): RecordedReply {
  const { headers: _headers, ...response_metadata } = message.response_metadata
  return {
    ...(message.id !== undefined && { id: message.id }),
    content: message.content,
    tool_calls: message.tool_calls ?? [],
    usage_metadata: usageMetadataOf(message),
    additional_kwargs: message.additional_kwargs,
    response_metadata
  }
}

export function messageOfReply({ id, usage_metadata, ...reply }: RecordedReply): AIMessage {
  return new AIMessage({ ...reply, ...(id !== undefined && { id }), ...usageField(usage_metadata) })
}

/** @throws RuntimeError REPLAY_MISS where there is no recording, or a line is none */
export function readRecordings(path: string): Recording[] {
  return linesOf(path).flatMap((line, index) => {
    if (line === '') return []
    try {
      return [Recording.parse(JSON.parse(line))]
    } catch (error) {
      throw new RuntimeError('REPLAY_MISS', `${path}: line ${index + 1} is no recorded reply`, { cause: error })
    }
  })
}

function linesOf(path: string): string[] {
  try {
    return readFileSync(path, 'utf8').split('\n')
  } catch (error) {
    throw new RuntimeError('REPLAY_MISS', `there is no recording to replay: ${messageOf(error)}`, { cause: error })
  }
}
