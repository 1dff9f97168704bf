// A lead that leaves workers at work in the background. A worker's task says what it does: `hold x` is at work until x is
// released, `touch x` has an effect that may have to be asked for; anything else is answered at once.
import type { BaseMessage } from '@langchain/core/messages'
import { type AgentInit, defineAgent } from '../../prebuilt/define-agent.ts'
import type { Agent } from '../../runtime/agent.ts'
import type { AgentRuntime } from '../../runtime/agent-runtime.ts'
import { allow } from '../../state/remit.ts'
import type { Tool } from '../../tools/tool.ts'
import { type Move, playing } from './script.ts'

export type Moves = Parameters<typeof playing>[0]

export interface BackgroundInit {
  readonly tools: readonly Tool[]
  readonly moves: Moves
  readonly lead?: Partial<AgentInit>
  readonly worker?: Partial<AgentInit>
}

export function workerOf(tools: readonly Tool[], init: Partial<AgentInit> = {}): Agent {
  return defineAgent({
    name: 'worker',
    tools,
    remit: [allow('*')],
    model: playing((task, results) => {
      const [verb, what] = task.split(' ')
      const isTool = tools.some(({ name }) => name === verb)
      if (isTool && results.length === 0) return [{ name: verb!, args: { what } }]
      return isTool ? `${task}: ${results.join(', ')}` : `answer to ${task}`
    }),
    ...init
  })
}

export function leadOf({ tools, moves, lead = {}, worker = {} }: BackgroundInit): Agent {
  return defineAgent({
    name: 'lead',
    tools,
    background: true,
    remit: [allow('*')],
    delegates: [workerOf(tools, worker)],
    model: playing(moves),
    ...lead
  })
}

/** One call of the tool `task`. */
export function task(args: Record<string, unknown>, id?: string): Exclude<Move, string> {
  return [{ name: 'task', args, ...(id !== undefined && { id }) }]
}

/** Starts workers: the tasks are `id.1`, `id.2` and so on. */
export function start(id: string, ...tasks: string[]): Exclude<Move, string> {
  return task({ op: 'start', tasks: tasks.map((each) => ({ agent: 'worker', task: each })) }, id)
}

export async function messagesOf(runtime: AgentRuntime, threadId: string): Promise<BaseMessage[]> {
  return ((await runtime.getSnapshot(threadId)).values as { messages: BaseMessage[] }).messages
}

/** What the lead was told of its background tasks by themselves: the ids of the tasks, in order. */
export async function reportsTo(runtime: AgentRuntime, threadId: string): Promise<string[]> {
  return (await messagesOf(runtime, threadId)).flatMap(({ additional_kwargs: { report } }) =>
    report === undefined ? [] : [String(report)]
  )
}

/** The results of the calls of `task` so far, read. */
export async function answersIn(runtime: AgentRuntime, threadId: string): Promise<unknown[]> {
  return (await messagesOf(runtime, threadId))
    .filter((message) => message.getType() === 'tool' && message.name === 'task')
    .map(({ text }) => (text.startsWith('{') ? JSON.parse(text) : text))
}

/** Whether the present turn was begun by a report. */
export function isReport(input: string): boolean {
  return input.startsWith('A background task has ended')
}
