// An accepted input is in the journal before anything is done with it, and leaves it when a checkpoint has it. A new thread is
// there with its caps and its first message, or not at all.
import { z } from 'zod'
import { Budget, type BudgetLimit } from '../state/budget.ts'
import { RuntimeError } from '../state/errors.ts'
import type { Letter } from '../state/inbox.ts'
import type { Cap, Journal, RowWrite } from '../state/journal.ts'
import type { TreePolicy } from '../state/policy.ts'
import type { Principal, ThreadRecord } from '../state/threads.ts'
import { cancel } from './cancel.ts'
import type { CommandParts } from './command.ts'
import { refuseRewound } from './history/branches.ts'
import type { QueuedLetter } from './queue.ts'
import type { Registry } from './registry.ts'
import type { Start } from './run.ts'
import { threadOf } from './thread-of.ts'
import { policyOver, type SaidOfTree, saidAnew } from './tree-policy.ts'
import { openDirectory } from './workspace-directory.ts'

export interface TurnRequest {
  readonly agent: string
  readonly input: string
  /** An earlier thread of this agent to go on with; a new one by default. */
  readonly threadId?: string
  /** Absolute path of the directory in which the tree's tools work. */
  readonly workspace?: string
  /**
   * What to do where the thread is in the middle of a turn, also one that waits for a decision. `refuse`, the default;
   * `queue`: the turn begins when the one before it is over; `replace`: the one before it is cancelled, and what it asks is
   * withdrawn.
   */
  readonly whenBusy?: 'refuse' | 'queue' | 'replace'
  /** What the whole tree may use; by default what the agent's charter says. Of an earlier thread it sets the caps anew. */
  readonly budget?: Partial<Budget>
  /** What is said in advance of this tree alone, and kept with it. Of an earlier thread it takes the place of what was said. */
  readonly policy?: SaidOfTree
}

/** A turn that was taken on: to be begun at once, or when its letter is the next. */
export type Begun = { readonly root: ThreadRecord } & ({ readonly start: Start } | { readonly queued: QueuedLetter })

/** Takes a turn on: from here on it is not lost. */
export async function begin(
  request: TurnRequest,
  parts: CommandParts & { readonly registry: Registry; readonly principal: Principal }
): Promise<Begun> {
  const { journal, clock, ids } = parts
  const { input: text, threadId, whenBusy = 'refuse' } = request
  const limits = capsFor(request, parts)
  const policy = await policyFor(request, parts)
  const isNew = threadId === undefined
  const root = { ...(await (isNew ? newThread(request, parts) : restingThread(threadId, request, parts))), policy }
  const { rootThreadId } = root
  const caps = limits.map(([limit, cap]) => ({ rootThreadId, limit, cap }))
  const after = whenBusy === 'queue' ? await journal.lastSeq(rootThreadId) : 0
  const id = ids.next()
  const letter = { id, rootThreadId, threadId: rootThreadId, kind: 'queue', text, sentAt: clock.now() } as const
  await (isNew ? keepNew : keepMore)({ root, caps, letter, ...(request.policy && { policy }) }, journal)
  if (whenBusy === 'queue') return { root, queued: { letterId: id, after } }
  return { root, start: { input: text, letterId: id } }
}

interface Turn {
  readonly root: ThreadRecord
  readonly caps: readonly Cap[]
  readonly letter: Letter
  /** Where something was said with the turn. */
  readonly policy?: TreePolicy | null
}

async function keepNew({ root, caps, letter }: Turn, journal: Journal): Promise<void> {
  const rows: RowWrite[] = [
    { kind: 'thread', thread: root },
    ...caps.map((cap) => ({ kind: 'cap', ...cap }) as const),
    { kind: 'letter', letter }
  ]
  const entries = rows.map((row) => ({ row }))
  await journal.append(entries, { rootThreadId: root.threadId, after: 0 })
}

/** One by one: what is appended is refused where somebody else has the lease of the tree. */
async function keepMore({ root, policy, caps, letter }: Turn, journal: Journal): Promise<void> {
  if (policy !== undefined) await journal.setPolicy(root.threadId, policy)
  for (const cap of caps) await journal.setCap(cap)
  await journal.send(letter)
}

/** The caps that a turn brings. Looked at before anything is written. */
function capsFor({ agent, budget, threadId }: TurnRequest, { registry }: BeginParts): [BudgetLimit, number][] {
  const given = budget ?? (threadId === undefined ? registry.agent(agent).charter.budget : undefined)
  if (given === undefined) return []
  const caps = Budget.partial().safeParse(given)
  if (!caps.success) throw new RuntimeError('BAD_ARGUMENTS', `the budget is not valid: ${z.prettifyError(caps.error)}`)
  const unpriced = caps.data.usd === undefined ? [] : registry.below(agent).filter(({ charter }) => !charter.price)
  if (unpriced.length > 0)
    throw new RuntimeError(
      'BAD_ARGUMENTS',
      `a budget in dollars needs the price of each model; without one (charter.price): ${unpriced.map(({ charter }) => charter.name).join(', ')}`
    )
  return (Object.entries(caps.data) as [BudgetLimit, number | undefined][]).flatMap(([limit, cap]) =>
    cap === undefined ? [] : [[limit, cap]]
  )
}

/** What is said of the tree from then on. Looked at before anything is written, too. */
async function policyFor({ policy: said, threadId }: TurnRequest, { journal }: BeginParts): Promise<TreePolicy | null> {
  const before = threadId === undefined ? null : (await threadOf(journal, threadId)).policy
  const policy = saidAnew(said, before)
  policyOver(undefined, policy)
  return policy
}

type BeginParts = Parameters<typeof begin>[1]

async function newThread({ agent, input, workspace }: TurnRequest, parts: BeginParts): Promise<ThreadRecord> {
  const { registry, clock, ids } = parts
  const { name } = registry.agent(agent).charter
  const at = clock.now()
  const id = ids.next()
  return {
    threadId: id,
    rootThreadId: id,
    parentThreadId: null,
    principal: parts.principal,
    taskId: null,
    agent: name,
    path: name,
    task: input,
    background: false,
    workspace: workspace === undefined ? null : await openDirectory(workspace),
    policy: null,
    status: 'running',
    createdAt: at,
    updatedAt: at
  }
}

/** A thread that may begin a turn, now or, where that was asked for, later. */
async function restingThread(
  threadId: string,
  { agent, whenBusy }: TurnRequest,
  parts: BeginParts
): Promise<ThreadRecord> {
  const thread = await threadOf(parts.journal, threadId)
  refuseUnlessRoot(thread, parts.registry.agent(agent).charter.name)
  await refuseRewound(threadId, parts.journal)
  if (whenBusy === 'queue') return thread
  if (whenBusy === 'replace') {
    if (isBusy(thread, parts)) await cancel({ threadId, reason: 'another message came in its place' }, parts)
    return threadOf(parts.journal, threadId)
  }
  refuseIfBusy(thread, parts)
  return thread
}

function refuseUnlessRoot({ threadId, rootThreadId, parentThreadId, agent: own }: ThreadRecord, agent: string): void {
  if (parentThreadId)
    throw new RuntimeError(
      'BAD_ARGUMENTS',
      `thread ${threadId} is a child; a turn is started on its root, ${rootThreadId}`
    )
  if (own !== agent) throw new RuntimeError('UNKNOWN_AGENT', `thread ${threadId} is one of "${own}", not of "${agent}"`)
}

function isBusy({ threadId, status }: ThreadRecord, { driver }: BeginParts): boolean {
  return driver.running(threadId) || status === 'asking' || status === 'running' || status === 'paused'
}

function refuseIfBusy(thread: ThreadRecord, parts: BeginParts): void {
  if (!isBusy(thread, parts)) return
  const { threadId, status } = thread
  if (parts.driver.running(threadId))
    throw new RuntimeError('THREAD_BUSY', `thread ${threadId} is at work; wait for it, queue the message, or cancel it`)
  if (status === 'asking')
    throw new RuntimeError('THREAD_ASKING', `thread ${threadId} waits for a decision; answer its asks or cancel it`)
  throw new RuntimeError('THREAD_BUSY', `thread ${threadId} is in the middle of a turn; resume it or cancel it`)
}
