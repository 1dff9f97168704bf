import type { AIMessage } from '@langchain/core/messages'
import { NO_USAGE, type Usage } from '../state/usage.ts'
import { usageMetadataOf } from './usage-metadata.ts'

/**
 * What one reply cost. LangChain's OpenAI and Anthropic clients count cached and reasoning tokens within input and output;
 * for a client that reports them beside, the total tells, and they are added once.
 */
export function usageOf(reply: AIMessage): Usage {
  const counted = usageMetadataOf(reply)
  if (!counted) return { ...NO_USAGE, calls: 1 }
  const { input_tokens: input = 0, output_tokens: output = 0, total_tokens: total = input + output } = counted
  const cached = counted.input_token_details?.cache_read ?? 0
  const written = counted.input_token_details?.cache_creation ?? 0
  const reasoning = counted.output_token_details?.reasoning ?? 0
  const beside = total - input - output
  const cachedBeside = beside > 0 && beside === cached + written
  const reasoningBeside = beside > 0 && beside === reasoning && !cachedBeside
  return {
    input: cachedBeside ? input + beside : input,
    output: reasoningBeside ? output + beside : output,
    cached,
    reasoning,
    calls: 1
  }
}
