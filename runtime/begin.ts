// An accepted input is in the journal before anything is done with it, and leaves it when a checkpoint has it.
import type { Clock, Ids } from '../state/context.ts'
import { RuntimeError } from '../state/errors.ts'
import type { Journal } from '../state/journal.ts'
import type { Principal, ThreadRecord } from '../state/threads.ts'
import type { Driver } from './drive.ts'
import type { Registry } from './registry.ts'
import type { Start } from './run.ts'
import { threadOf } from './thread-of.ts'
import { openDirectory } from './workspace-directory.ts'

export interface TurnRequest {
  readonly agent: string
  readonly input: string
  /** An earlier thread of this agent to go on with; a new one by default. */
  readonly threadId?: string
  /** Absolute path of the directory in which the tree's tools work. */
  readonly workspace?: string
}

export interface BeginParts {
  readonly registry: Registry
  readonly driver: Pick<Driver, 'running'>
  readonly journal: Journal
  readonly clock: Clock
  readonly ids: Ids
  readonly principal: Principal
}

/** Takes a turn on: from here on it is not lost. Gives what it is to be started with, and on which thread. */
export async function begin(request: TurnRequest, parts: BeginParts): Promise<{ root: ThreadRecord; start: Start }> {
  const { journal, clock, ids } = parts
  const root = await threadFor(request, parts)
  const { threadId } = root
  const id = ids.next()
  const { input: text } = request
  await journal.send({ id, rootThreadId: threadId, threadId, kind: 'queue', text, sentAt: clock.now() })
  return { root, start: { input: text, grants: [], letterId: id } }
}

async function threadFor({ agent, input, threadId, workspace }: TurnRequest, parts: BeginParts): Promise<ThreadRecord> {
  const { registry, journal, clock, ids } = parts
  const { name } = registry.agent(agent).charter
  const at = clock.now()
  if (threadId !== undefined) {
    const thread = await threadOf(journal, threadId)
    refuseUnlessAtRest(thread, { agent: name, driver: parts.driver })
    await journal.saveThread({ ...thread, status: 'running', updatedAt: at })
    return { ...thread, status: 'running', updatedAt: at }
  }
  const id = ids.next()
  const thread: ThreadRecord = {
    threadId: id,
    rootThreadId: id,
    parentThreadId: null,
    principal: parts.principal,
    taskId: null,
    agent: name,
    path: name,
    task: input,
    workspace: workspace === undefined ? null : await openDirectory(workspace),
    status: 'running',
    createdAt: at,
    updatedAt: at
  }
  await journal.saveThread(thread)
  return thread
}

function refuseUnlessAtRest(
  { threadId, rootThreadId, parentThreadId, status, agent: own }: ThreadRecord,
  { agent, driver }: { agent: string; driver: Pick<Driver, 'running'> }
): void {
  if (parentThreadId)
    throw new RuntimeError(
      'BAD_ARGUMENTS',
      `thread ${threadId} is a child; a turn is started on its root, ${rootThreadId}`
    )
  if (own !== agent) throw new RuntimeError('UNKNOWN_AGENT', `thread ${threadId} is one of "${own}", not of "${agent}"`)
  if (driver.running(threadId))
    throw new RuntimeError('THREAD_BUSY', `thread ${threadId} is at work; wait for it or cancel it`)
  if (status === 'asking')
    throw new RuntimeError('THREAD_ASKING', `thread ${threadId} waits for a decision; answer its asks or cancel it`)
  if (status === 'running' || status === 'paused')
    throw new RuntimeError('THREAD_BUSY', `thread ${threadId} is in the middle of a turn; resume it or cancel it`)
}
