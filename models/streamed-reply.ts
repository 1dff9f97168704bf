import type { AIMessageChunk } from '@langchain/core/messages'
import { RuntimeError } from '../state/errors.ts'
import type { Usage } from '../state/usage.ts'
import { usageField, usageMetadataOf } from './usage-metadata.ts'
import { usageOf } from './usage-of.ts'

interface Listeners {
  readonly onChunk: (chunk: AIMessageChunk, whole: AIMessageChunk) => void
  /** Told once what was reported until then where the stream does not come to its end. */
  readonly onBreak: ((usage: Usage) => void) | undefined
  /** Aborts as the stream is to stop. Whoever stops it does not wait for what the stream makes of that. */
  readonly signal?: AbortSignal | undefined
}

/** The whole of a streamed reply. A stream that ends before the reply does is a connection that was lost. */
export async function streamedReply(
  stream: Promise<AsyncIterable<AIMessageChunk>>,
  { onChunk, onBreak, signal }: Listeners
): Promise<AIMessageChunk> {
  let whole: AIMessageChunk | undefined
  let broken = false
  const broke = () => {
    if (whole && !broken) onBreak?.(usageOf(whole))
    broken = true
  }
  signal?.addEventListener('abort', broke, { once: true })
  try {
    for await (const chunk of await stream) {
      signal?.throwIfAborted()
      whole = whole ? joined(whole, chunk) : chunk
      onChunk(chunk, whole)
    }
    signal?.throwIfAborted()
    if (!whole) throw new RuntimeError('MODEL_FAILED', 'the model sent an empty reply', { cause: brokenOff() })
    if (!isFinished(whole)) throw brokenOff()
    return whole
  } catch (error) {
    broke()
    throw error
  } finally {
    signal?.removeEventListener('abort', broke)
  }
}

/** LangChain adds up what chunks report. Anthropic counts the output from its beginning each time: the last count is all. */
function joined(whole: AIMessageChunk, chunk: AIMessageChunk): AIMessageChunk {
  const sum = whole.concat(chunk)
  const before = usageMetadataOf(whole)
  const output = usageMetadataOf(chunk)?.output_tokens
  if (before && output !== undefined && providerOf(whole) === 'anthropic') {
    const usage = { ...before, output_tokens: output, total_tokens: before.input_tokens + output }
    Object.assign(sum, usageField(usage))
  }
  return sum
}

/** The clients take a stream that just ends for a whole reply, but these two providers always say that they are done. */
function isFinished(reply: AIMessageChunk): boolean {
  const { response_metadata: said, additional_kwargs: kwargs } = reply
  switch (providerOf(reply)) {
    case 'openai':
      return Boolean(said.finish_reason ?? said.status ?? usageMetadataOf(reply))
    case 'anthropic':
      return Boolean(kwargs.stop_reason ?? said.stop_reason)
    default:
      return true
  }
}

function providerOf(reply: AIMessageChunk): unknown {
  return reply.response_metadata.model_provider
}

/** With the code that Node has for it. */
function brokenOff(): Error {
  const error = new Error('the stream ended before the reply did')
  return Object.assign(error, { code: 'ERR_STREAM_PREMATURE_CLOSE' })
}
