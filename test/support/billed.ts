// A provider that writes bills: what each call of its models has reported, for a test to hold against what was counted.
import type { CallbackManagerForLLMRun } from '@langchain/core/callbacks/manager'
import { BaseChatModel } from '@langchain/core/language_models/chat_models'
import { AIMessage, AIMessageChunk, type BaseMessage, type UsageMetadata } from '@langchain/core/messages'
import { ChatGenerationChunk, type ChatResult } from '@langchain/core/outputs'
import { addUsage, NO_USAGE, type Usage } from '../../state/usage.ts'
import { type Move, resultsOf, taskOf } from './script.ts'

/** What a call comes to: a move; an error of the provider, in the middle of the reply where that is streamed; or no end. */
export type Course = Move | 'breaks' | 'hangs'
export type Plan = (
  task: string,
  results: readonly string[],
  messages: readonly BaseMessage[]
) => Course | Promise<Course>

export interface Provider {
  /** What each call has reported so far, in the order in which the calls began. */
  readonly bills: readonly Usage[]
  billed(): Usage
  model(plan: Plan): BaseChatModel
}

/** `tokensOf` says what call `n`, counted from 0, reads and writes; the reading is reported first. */
export function provider(tokensOf: (n: number) => { input: number; output: number; cached?: number }): Provider {
  const bills: Usage[] = []
  return {
    bills,
    billed: () => bills.reduce(addUsage, NO_USAGE),
    model: (plan) => new BilledModel({ plan, bills, tokensOf })
  }
}

interface BilledParts {
  readonly plan: Plan
  readonly bills: Usage[]
  readonly tokensOf: Parameters<typeof provider>[0]
}

class BilledModel extends BaseChatModel {
  readonly #parts: BilledParts

  constructor(parts: BilledParts) {
    super({})
    this.#parts = parts
  }

  override _llmType(): string {
    return 'billed'
  }

  override bindTools(): this {
    return this
  }

  async #begun(messages: readonly BaseMessage[]) {
    const { plan, bills, tokensOf } = this.#parts
    const course = await plan(taskOf(messages), resultsOf(messages), messages)
    const n = bills.push(NO_USAGE) - 1
    const { input, output, cached = 0 } = tokensOf(n)
    const bill = (usage: Partial<Usage>) => {
      bills[n] = addUsage(bills[n]!, { ...NO_USAGE, ...usage })
    }
    return { course, n, input, output, cached, bill }
  }

  override async _generate(messages: BaseMessage[]): Promise<ChatResult> {
    const { course, n, input, output, cached, bill } = await this.#begun(messages)
    if (course === 'breaks') throw overloaded()
    if (course === 'hangs') return new Promise(() => {})
    bill({ input, output, cached, calls: 1 })
    const message = new AIMessage({ ...said(course, n), ...metadata({ input, output, cached }) })
    return { generations: [{ text: message.text, message }] }
  }

  override async *_streamResponseChunks(
    messages: BaseMessage[],
    _options: this['ParsedCallOptions'],
    run?: CallbackManagerForLLMRun
  ): AsyncGenerator<ChatGenerationChunk> {
    const { course, n, input, output, cached, bill } = await this.#begun(messages)
    bill({ input, cached, calls: 1 })
    yield chunkOf({ content: course === 'hangs' ? 'well' : '', ...metadata({ input, cached, output: 0 }) })
    if (course === 'breaks') throw overloaded()
    if (course === 'hangs') await new Promise(() => {})
    bill({ output })
    const chunk = chunkOf({ ...said(course as Move, n), ...metadata({ input: 0, cached: 0, output }) })
    yield chunk
    await run?.handleLLMNewToken(chunk.text, undefined, undefined, undefined, undefined, { chunk })
  }
}

function said(move: Move, n: number) {
  if (typeof move === 'string') return { content: move }
  const calls = move.map(({ name, args, id }, at) => ({ name, args, id: id ?? `call_${n}_${at}` }))
  return {
    content: '',
    tool_calls: calls.map((call) => ({ ...call, type: 'tool_call' as const })),
    tool_call_chunks: calls.map(({ name, args, id }, index) => ({
      name,
      id,
      index,
      args: JSON.stringify(args),
      type: 'tool_call_chunk' as const
    }))
  }
}

function chunkOf(fields: object): ChatGenerationChunk {
  const message = new AIMessageChunk({ content: '', ...fields })
  return new ChatGenerationChunk({ text: message.text, message })
}

function metadata({ input, output, cached }: { input: number; output: number; cached: number }) {
  const usage: UsageMetadata = {
    input_tokens: input,
    output_tokens: output,
    total_tokens: input + output,
    input_token_details: { cache_read: cached },
    output_token_details: {}
  }
  return { usage_metadata: usage as never }
}

function overloaded(): Error {
  return Object.assign(new Error('overloaded'), { status: 529 })
}
