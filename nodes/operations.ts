// What an agent does with tasks that it has handed out. Each operation may be executed again by a parent that died before its
// checkpoint, and does the same then.
import type { ToolMessage } from '@langchain/core/messages'
import type { Call } from '../state/calls.ts'
import type { World } from '../state/context.ts'
import { type Failure, failureOf, RuntimeError, unreachable } from '../state/errors.ts'
import { letterIdOf } from '../state/ids.ts'
import { isOpen, type Task, type TaskLedger, taskBase } from '../state/task-ledger.ts'
import type { TaskOperation } from '../state/task-operations.ts'
import type { Wait } from '../state/waits.ts'
import { answerTo, described, unknownTask } from './reports.ts'
import { refusal } from './results.ts'

/** What an operation finds. */
export interface Books {
  readonly ledger: TaskLedger
  readonly world: World
  /** How many children more may be put to work. */
  readonly room: number
  readonly full: Failure
  /** Whose text this agent has read. */
  readonly untrusted: string | undefined
}

/** What became of an operation: a wait has no answer yet. */
export interface Done {
  readonly ledger?: readonly Task[]
  readonly message?: ToolMessage
  readonly wait?: Wait
}

type Operation<Op> = Extract<TaskOperation, { op: Op }>
type Present = Exclude<TaskOperation, { op: 'start' }>

export async function answered({ call, operation }: { call: Call; operation: Present }, books: Books): Promise<Done> {
  switch (operation.op) {
    case 'status':
      return { message: answerTo(call.id, { tasks: standings(operation, books) }) }
    case 'wait':
      return { wait: waitFor(operation, books) }
    case 'send':
      return sent(call, operation, books)
    case 'cancel':
      return cancelled(call, operation, books)
    default:
      return unreachable(operation)
  }
}

/** How many tasks are listed where none are named. */
const LISTED = 64

function standings({ ids }: Operation<'status'>, { ledger }: Books): object[] {
  if (ids) return ids.map((id) => (Object.hasOwn(ledger, id) ? brief(ledger[id]!) : unknownTask(id)))
  return Object.values(ledger).slice(-LISTED).map(brief)
}

const HEAD = 120

/** How a task stands; what it came to was told. */
function brief({ id, agent, status, task }: Task): object {
  return { id, agent, status, task: task.length > HEAD ? `${task.slice(0, HEAD)}…` : task }
}

function waitFor({ ids, until, timeoutMs }: Operation<'wait'>, { ledger }: Books): Wait {
  const open = Object.values(ledger).filter((task) => task.background && isOpen(task))
  const named = ids ? [...new Set(ids)] : open.map(({ id }) => id)
  return { ids: named, until, spentMs: 0, ...(timeoutMs !== undefined && { timeoutMs }) }
}

/**
 * A child at work reads the message in its next model call, one that has ended goes on with it. What it had come to and nobody
 * was told of yet is told now.
 */
async function sent(call: Call, { id, text }: Operation<'send'>, books: Books): Promise<Done> {
  const { ledger, world, room, full, untrusted } = books
  if (!Object.hasOwn(ledger, id)) return { message: refusal(call, unknownTask(id).error) }
  const task = ledger[id]!
  const [moved = task] = isOpen(task) ? await world.children.look([task]) : []
  const refused = deafness(moved)
  if (refused) return { message: refusal(call, refused) }
  const reopens = !isOpen(moved)
  if (reopens && room <= 0) return { message: refusal(call, full) }
  const unheard = reopens && moved !== task
  if (unheard) world.children.heard([moved])
  const letter = { id: letterIdOf(world.threadId, call.id), text, reopens }
  const sending = world.children.send({ task, ...letter, untrusted })
  const expired = await sending.catch(expiryOf)
  if (expired) return { message: refusal(call, expired) }
  const answer = { id, agent: task.agent, status: 'running', ...(unheard && { before: described(moved) }) }
  const reopened = { ...taskBase(moved), background: true, status: 'running' } as const
  return { message: answerTo(call.id, { tasks: [answer] }), ...(reopens && { ledger: [reopened] }) }
}

/** What a task knew may have been let go. */
function expiryOf(thrown: unknown): Failure {
  if (thrown instanceof RuntimeError && thrown.code === 'TASK_EXPIRED') return failureOf(thrown, thrown.code)
  throw thrown
}

/** Why a task takes no message any more. */
function deafness(task: Task): Failure | undefined {
  if (task.status === 'cancelled')
    return { code: 'TASK_ENDED', message: `the task "${task.id}" was cancelled; start another` }
  if (task.status === 'failed' && EXPIRED.has(task.error.code))
    return { code: 'TASK_EXPIRED', message: `the time of the task "${task.id}" is over; start another` }
  return undefined
}

/** With which a task ends whose time is over. */
const EXPIRED: ReadonlySet<string> = new Set(['TIME_LIMIT'])

/** One that has ended stays as it is, so that to cancel twice is to cancel once. */
async function cancelled(
  call: Call,
  { ids, reason = 'its parent cancelled it' }: Operation<'cancel'>,
  { ledger, world }: Books
): Promise<Done> {
  const each = await Promise.all(
    [...new Set(ids)].map(async (id) => {
      if (!Object.hasOwn(ledger, id)) return { answer: unknownTask(id) }
      const task = ledger[id]!
      if (!isOpen(task)) return { answer: { id, agent: task.agent, status: task.status, prior_status: task.status } }
      const ended = await world.children.cancel(task, reason)
      return { ended, answer: { ...described(ended), prior_status: task.status } }
    })
  )
  const ended = each.flatMap(({ ended }) => ended ?? [])
  world.children.heard(ended)
  return { ledger: ended, message: answerTo(call.id, { tasks: each.map(({ answer }) => answer) }) }
}
