// Any compiled LangGraph graph as a worker. Its interrupts are asks: those of langchain's human-in-the-loop middleware
// one for each action, all others one for each interrupt.
import { type BaseMessage, HumanMessage, isAIMessage, type UsageMetadata } from '@langchain/core/messages'
import type { Interrupt } from '@langchain/langgraph'
import { z } from 'zod'
import type { Ask, AskRecord } from '../../state/asks.ts'
import type { Decision } from '../../state/decisions.ts'
import { askIdOf } from '../../state/ids.ts'
import { lastWords } from '../../state/messages.ts'
import { strangersIn } from '../../state/untrusted.ts'
import { addUsage, NO_USAGE, type Usage } from '../../state/usage.ts'
import type { Dialect, Origin } from '../agent.ts'

/** What a worker graph needs to be told and how it answers; the default speaks `messages`. */
export interface Speech {
  /** The graph's input for a task. */
  input?: (task: string) => unknown
  /** The text of its result. */
  result?: (values: unknown) => string
}

const HumanInTheLoop = z.object({
  actionRequests: z.array(
    z.object({ name: z.string(), args: z.record(z.string(), z.unknown()), description: z.string().optional() })
  )
})

export function foreignDialect(hash: (args: unknown) => string, speech: Speech = {}): Dialect {
  return {
    input(task, { id, untrusted } = {}) {
      if (speech.input) return speech.input(task)
      const marks = untrusted && { additional_kwargs: { untrusted } }
      return { messages: [new HumanMessage({ content: task, ...(id && { id }), ...marks })] }
    },
    outcome: (values) => ({ status: 'completed', text: (speech.result ?? lastText)(values) }),
    partial: (values) => lastWords(messagesOf(values)),
    untrusted: (values) => strangersIn({ messages: messagesOf(values) }),
    usage: (values) => messagesOf(values).map(usageOf).reduce(addUsage, NO_USAGE),
    asks: (interrupts, origin) => interrupts.flatMap((interrupt) => asksOf(interrupt, { origin, hash })),
    resume(interrupts, decided) {
      const values = Object.fromEntries(interrupts.flatMap((interrupt) => resumeValue(interrupt, decided)))
      return Object.keys(values).length > 0 ? values : undefined
    }
  }
}

function asksOf(
  { id, value }: Interrupt,
  { origin: { threadId, path }, hash }: { origin: Origin; hash: (args: unknown) => string }
): Ask[] {
  const review = HumanInTheLoop.safeParse(value)
  const actions = review.success
    ? review.data.actionRequests.map(({ name, args, description }) => ({
        kind: 'permission' as const,
        tool: name,
        args: args as unknown,
        reason: description ?? 'the graph asks for review'
      }))
    : [{ kind: 'input' as const, tool: 'interrupt', args: value as unknown, reason: 'the graph waits for a value' }]
  return actions.map((action, index) => {
    const toolCallId = `${id}:${index}`
    return { ...action, id: askIdOf(threadId, toolCallId), threadId, path, toolCallId, argsHash: hash(action.args) }
  })
}

/** An interrupt is resumed once all that it asks is decided: LangGraph takes one value for it. */
function resumeValue({ id, value }: Interrupt, decided: ReadonlyMap<string, AskRecord>): [string, unknown][] {
  const review = HumanInTheLoop.safeParse(value)
  const count = review.success ? review.data.actionRequests.length : 1
  const decisions = Array.from({ length: count }, (_, index) => {
    const record = [...decided.values()].find(({ ask }) => ask.toolCallId === `${id}:${index}`)
    return record?.status === 'decided' ? record.decision : undefined
  })
  if (decisions.some((decision) => decision === undefined)) return []
  if (!review.success) return [[id!, plainAnswer(decisions[0]!)]]
  const reviewed = decisions.map((decision, index) =>
    reviewDecision(decision!, review.data.actionRequests[index]!.name)
  )
  return [[id!, { decisions: reviewed }]]
}

function reviewDecision(decision: Decision, name: string) {
  if (decision.kind === 'edit') return { type: 'edit', editedAction: { name, args: decision.args } }
  if (decision.kind === 'reject') return { type: 'reject', message: decision.reason }
  if (decision.kind === 'approve') return { type: 'approve' }
  return { type: 'reject', message: 'a permission was asked for and a value was given' }
}

function plainAnswer(decision: Decision): unknown {
  switch (decision.kind) {
    case 'answer':
      return decision.value
    case 'edit':
      return decision.args
    case 'approve':
      return true
    case 'reject':
      return false
  }
}

function messagesOf(values: unknown): BaseMessage[] {
  return (values as { messages?: BaseMessage[] } | undefined)?.messages ?? []
}

function lastText(values: unknown): string {
  return messagesOf(values).at(-1)?.text ?? JSON.stringify(values)
}

function usageOf(message: BaseMessage): Usage {
  if (!isAIMessage(message) || !message.usage_metadata) return NO_USAGE
  const { input_tokens, output_tokens, input_token_details, output_token_details } =
    message.usage_metadata as UsageMetadata
  return {
    input: input_tokens,
    output: output_tokens,
    cached: input_token_details?.cache_read ?? 0,
    reasoning: output_token_details?.reasoning ?? 0,
    calls: 1
  }
}
