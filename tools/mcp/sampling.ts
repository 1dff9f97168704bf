// S1. A server may ask the model only where its entry says how many tokens it may use, and only for text: no tools, nothing of
//     the conversation.
// S2. Each request is put before whoever stands above, with all that is to be sent, in an envelope.
// S3. What is asked for at most counts from the moment it is sent; what was really used takes its place.
import type { CreateMessageRequest, CreateMessageResult } from '@modelcontextprotocol/client'
import type { SampleReply, SampleRequest } from '../../state/context.ts'
import { RuntimeError } from '../../state/errors.ts'
import type { ToolAnswer, ToolQuestion } from '../../state/tool-result.ts'
import { enveloped } from '../envelope.ts'

/** What a server may still have its requests cost, over one connection. */
export interface Allowance {
  readonly server: string
  left(): number
  /** Sets tokens aside, and gives what takes note of how many it were in the end. @throws RuntimeError BUDGET_EXCEEDED */
  take(tokens: number): (used: number) => void
}

export function allowanceOf(server: string, most: number): Allowance {
  let spent = 0
  const left = () => Math.max(0, most - spent)
  return {
    server,
    left,
    take(tokens) {
      refuseBeyond(tokens, { server, left: left() })
      spent += tokens
      return (used) => {
        spent += used - tokens
      }
    }
  }
}

function refuseBeyond(tokens: number, { server, left }: { server: string; left: number }): void {
  if (tokens <= left) return
  throw new RuntimeError(
    'BUDGET_EXCEEDED',
    `the MCP server "${server}" wants ${tokens} tokens of the model, and may have ${left} more (sampling.tokens)`
  )
}

/**
 * What is asked of a person before the model is asked.
 * @throws RuntimeError BUDGET_EXCEEDED, TOOL_FAILED where it is not to be asked for at all
 */
export function samplingQuestion(
  { params }: CreateMessageRequest,
  { key, allowance }: { key: string; allowance: Allowance }
): ToolQuestion {
  const { server } = allowance
  const { maxTokens } = params
  refuseBeyond(maxTokens, { server, left: allowance.left() })
  const { system, messages } = sampleRequest(params, server)
  const text = [
    ...(system === undefined ? [] : [`system: ${system}`]),
    ...messages.map(({ role, text }) => `${role}: ${text}`)
  ]
  return {
    key,
    kind: 'auth',
    reason: `the MCP server "${server}" wants to ask the model something, for ${maxTokens} tokens at most`,
    args: {
      server,
      maxTokens,
      left: allowance.left(),
      text: enveloped(text.join('\n'), { from: `the MCP server "${server}"` })
    }
  }
}

/** What the model says to a request that was approved. @throws RuntimeError */
export async function sampledFor(
  { params }: CreateMessageRequest,
  {
    allowance,
    sample,
    answer
  }: { allowance: Allowance; sample: (request: SampleRequest) => Promise<SampleReply>; answer: ToolAnswer | 'unasked' }
): Promise<CreateMessageResult> {
  const { server } = allowance
  if (answer !== 'unasked' && !isYes(answer))
    throw new RuntimeError('TOOL_FAILED', `the MCP server "${server}" wanted to ask the model, and was not allowed to`)
  const request = sampleRequest(params, server)
  const used = allowance.take(params.maxTokens)
  const { model, text, tokens } = await sample(request)
  used(tokens ?? params.maxTokens)
  return { model, role: 'assistant', content: { type: 'text', text } }
}

/** An approval has no value; whoever gives one has answered something else. */
function isYes(answer: ToolAnswer): boolean {
  if (answer.kind !== 'given') return false
  return typeof answer.value === 'object' && answer.value !== null && Object.keys(answer.value).length === 0
}

/** As a model is sent it. @throws RuntimeError TOOL_FAILED where that is more than text */
function sampleRequest(params: CreateMessageRequest['params'], server: string): SampleRequest {
  const refused = (what: string) =>
    new RuntimeError('TOOL_FAILED', `the MCP server "${server}" wanted ${what} in what it asks of the model`)
  if (params.tools !== undefined || params.toolChoice !== undefined) throw refused('tools')
  const messages = params.messages.map(({ role, content }) => {
    const blocks = Array.isArray(content) ? content : [content]
    const texts = blocks.map((block) => (block.type === 'text' ? block.text : undefined))
    if (texts.includes(undefined)) throw refused('more than text')
    return { role, text: texts.join('\n') }
  })
  return {
    ...(params.systemPrompt !== undefined && { system: params.systemPrompt }),
    messages,
    maxTokens: params.maxTokens
  }
}
