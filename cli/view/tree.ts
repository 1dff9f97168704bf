// The tree of agents as the events tell it. Pure: the same events give the same tree, whenever they are read.
import type { Ask } from '../../state/asks.ts'
import { unreachable } from '../../state/errors.ts'
import type { AgentEvent, EventOrigin } from '../../state/events.ts'
import type { Outcome } from '../../state/outcome.ts'
import type { ThreadRecord, ThreadStatus } from '../../state/threads.ts'
import { addUsage, NO_USAGE, type Usage } from '../../state/usage.ts'
import { shortArgs } from './args-text.ts'
import { oneLine } from './printable.ts'

/** One agent at work. */
export interface Branch {
  readonly threadId: string
  /** The thread that delegated to it; undefined at the root, and where no event told. */
  readonly parent: string | undefined
  readonly path: string
  readonly status: ThreadStatus
  readonly thinking: boolean
  /** Calls that run now, oldest first. */
  readonly tools: readonly RunningTool[]
  readonly asks: readonly Ask[]
  readonly usage: Usage
  /** Undefined where it did nothing since we look. */
  readonly startedAt: number | undefined
  readonly endedAt: number | undefined
  /** Why it failed or was stopped. */
  readonly note: string
}

export interface RunningTool {
  readonly toolCallId: string
  readonly words: string
  /** What it last said of its progress. */
  readonly progress: string
}

/** Branches by thread id, in the order in which they appeared. */
export type Tree = ReadonlyMap<string, Branch>

export const NO_TREE: Tree = new Map()

/** The tree as the store has it, for threads that events will go on with. */
export function treeOf(threads: readonly { thread: ThreadRecord; usage: Usage }[], asks: readonly Ask[] = []): Tree {
  return new Map(
    threads.map(({ thread, usage }) => [
      thread.threadId,
      {
        ...newBranch(thread),
        parent: thread.parentThreadId ?? undefined,
        status: thread.status,
        asks: asks.filter(({ threadId }) => threadId === thread.threadId),
        usage
      }
    ])
  )
}

export function treeAfter(tree: Tree, event: AgentEvent): Tree {
  const before = tree.get(event.threadId) ?? newBranch(event)
  const branch = after({ ...before, startedAt: before.startedAt ?? event.at }, event)
  const grown = new Map(tree).set(event.threadId, branch)
  if (event.type !== 'task.started') return grown
  const path = `${event.path}/${event.agent}`
  const child = grown.get(event.childThreadId) ?? newBranch({ threadId: event.childThreadId, path })
  return grown.set(event.childThreadId, { ...child, parent: event.threadId, startedAt: event.at })
}

/** A decision that was made here is known before any event tells of it. */
export function treeWithout(tree: Tree, ask: Pick<Ask, 'id' | 'threadId'>): Tree {
  const branch = tree.get(ask.threadId)
  return branch ? new Map(tree).set(ask.threadId, withoutAsk(branch, ask)) : tree
}

function newBranch({ threadId, path }: Pick<EventOrigin, 'threadId' | 'path'>): Branch {
  return {
    threadId,
    parent: undefined,
    path,
    status: 'running',
    thinking: false,
    tools: [],
    asks: [],
    usage: NO_USAGE,
    startedAt: undefined,
    endedAt: undefined,
    note: ''
  }
}

function after(branch: Branch, event: AgentEvent): Branch {
  switch (event.type) {
    case 'turn.started':
      return { ...branch, status: 'running', note: '', endedAt: undefined }
    case 'turn.finished':
      return ended(branch, event)
    case 'model.started':
      return { ...atWork(branch), thinking: true }
    case 'model.finished':
      return { ...branch, thinking: false, usage: addUsage(branch.usage, event.usage) }
    case 'tool.started': {
      const words = `${oneLine(event.tool)} ${shortArgs(event.args)}`
      return { ...atWork(branch), tools: [...branch.tools, { toolCallId: event.toolCallId, words, progress: '' }] }
    }
    case 'tool.progress':
      return {
        ...branch,
        tools: branch.tools.map((each) => (isCall(each, event) ? { ...each, progress: event.text } : each))
      }
    case 'tool.finished':
      return { ...branch, tools: branch.tools.filter((each) => !isCall(each, event)) }
    case 'ask.opened':
      return { ...branch, asks: [...branch.asks.filter(({ id }) => id !== event.ask.id), event.ask] }
    case 'ask.decided':
      return withoutAsk(branch, event.ask)
    case 'task.started':
      return atWork(branch)
    case 'model.retried':
    case 'tool.retried':
    case 'model.delta':
    case 'call.started':
    case 'call.delta':
    case 'task.settled':
    case 'files.kept':
    case 'files.missed':
    case 'hook.ran':
      return branch
    default:
      return unreachable(event)
  }
}

/** A run that goes on without a new turn tells so by what it does. */
function atWork(branch: Branch): Branch {
  return { ...branch, status: 'running', endedAt: undefined, note: '' }
}

function ended(branch: Branch, { outcome, at }: { outcome: Outcome; at: number }): Branch {
  const asks = outcome.status === 'asking' ? branch.asks : []
  return { ...branch, status: outcome.status, thinking: false, tools: [], asks, endedAt: at, note: noteOf(outcome) }
}

function noteOf(outcome: Outcome): string {
  switch (outcome.status) {
    case 'failed':
      return `${outcome.error.code}: ${outcome.error.message}`
    case 'paused':
    case 'cancelled':
      return outcome.reason
    case 'completed':
    case 'asking':
      return ''
  }
}

function withoutAsk(branch: Branch, { id }: Pick<Ask, 'id'>): Branch {
  return { ...branch, asks: branch.asks.filter((ask) => ask.id !== id) }
}

function isCall(running: RunningTool, { toolCallId }: { toolCallId: string }): boolean {
  return running.toolCallId === toolCallId
}
