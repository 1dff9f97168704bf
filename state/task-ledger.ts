import { z } from 'zod'
import { Ask } from './asks.ts'
import { Decider, Decision } from './decisions.ts'
import { Failure } from './errors.ts'
import { Usage } from './usage.ts'

const Base = z.object({
  /** The id of the tool call that delegated it; `call.1`, `call.2` and so on where it works in the background. */
  id: z.string(),
  agent: z.string(),
  task: z.string(),
  threadId: z.string(),
  path: z.string(),
  /** No call waits for it: its parent goes on meanwhile, and a root's turn may end. */
  background: z.literal(true).exactOptional(),
  /** Whose text is in it: its parent had read that when it handed the task over, or its child has since. */
  untrusted: z.string().exactOptional()
})

/** A child's ask on the desk of its parent: new, sent up (`escalated`), or decided and on its way down. */
export const Petition = z.discriminatedUnion('status', [
  z.object({ status: z.literal('new'), ask: Ask }),
  z.object({ status: z.literal('escalated'), ask: Ask }),
  z.object({ status: z.literal('decided'), ask: Ask, decision: Decision, by: Decider })
])
export type Petition = z.infer<typeof Petition>

/** A delegated task. Each status carries exactly its own fields. */
export const Task = z.discriminatedUnion('status', [
  Base.extend({ status: z.literal('running') }),
  Base.extend({ status: z.literal('asking'), petitions: z.array(Petition) }),
  Base.extend({ status: z.literal('completed'), result: z.string(), usage: Usage }),
  Base.extend({ status: z.literal('failed'), error: Failure, usage: Usage }),
  Base.extend({ status: z.literal('cancelled'), reason: z.string() })
])
export type Task = z.infer<typeof Task>
export type TaskLedger = Readonly<Record<string, Task>>
export type OpenTask = Extract<Task, { status: 'running' | 'asking' }>
export type AskingTask = Extract<Task, { status: 'asking' }>

/** Later writes win; a task is never removed, so history stays readable. */
export function mergeTasks(ledger: TaskLedger, writes: readonly Task[]): TaskLedger {
  return { ...ledger, ...Object.fromEntries(writes.map((task) => [task.id, task])) }
}

/** What the parent handed over, without how it went. */
export function taskBase({ id, agent, task, threadId, path, background, untrusted }: Task): z.infer<typeof Base> {
  return { id, agent, task, threadId, path, ...(background && { background }), ...(untrusted && { untrusted }) }
}

export function isOpen(task: Task): task is OpenTask {
  return task.status === 'running' || task.status === 'asking'
}

export function openTasks(ledger: TaskLedger): OpenTask[] {
  return Object.values(ledger).filter(isOpen)
}

export function openBackground(ledger: TaskLedger): OpenTask[] {
  return openTasks(ledger).filter(({ background }) => background)
}
