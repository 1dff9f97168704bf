// The parts of a runtime put together: what drives threads, what numbers events, what gives a run its ports.

import type { RunnableConfig } from '@langchain/core/runnables'
import type { BaseCheckpointSaver } from '@langchain/langgraph'
import type { Ask } from '../state/asks.ts'
import type { Clock, Ids } from '../state/context.ts'
import type { Decider, Decision } from '../state/decisions.ts'
import type { EventBody } from '../state/events.ts'
import type { Letter } from '../state/inbox.ts'
import type { Journal, RowWrite } from '../state/journal.ts'
import type { ThreadRecord } from '../state/threads.ts'
import type { PortsOf } from './agent.ts'
import { callLog } from './call-log.ts'
import { cancelHere } from './cancel.ts'
import { childrenOf } from './children.ts'
import { type Driver, driver } from './drive.ts'
import { type EventHub, eventHub } from './events.ts'
import { inboxOf } from './inbox.ts'
import { type LeaseTerms, treeLeases } from './leases.ts'
import { POLL_MS } from './pace.ts'
import { post } from './post.ts'
import type { Registry } from './registry.ts'
import type { RunHandle } from './run.ts'
import { slots } from './slots.ts'
import { upstreams } from './upstreams.ts'

export interface WiredParts {
  readonly registry: Registry
  readonly saver: BaseCheckpointSaver
  readonly journal: Journal
  readonly clock: Clock
  readonly ids: Ids
  readonly durability: 'sync' | 'async' | 'exit'
  readonly lease: LeaseTerms
  /** Does what another process asks of a tree that is driven here. */
  obey(command: Letter): Promise<void>
  /** Whether a root's turn may end while its background tasks are at work. */
  readonly outlivedRoots: boolean
  /** How many runs may work at once. */
  readonly maxConcurrent?: number | undefined
  /** Shows events in LangGraph's `custom` stream as well, where nobody follows the hub. */
  readonly toCustomStream?: boolean
}

export interface Wired {
  readonly driver: Driver
  readonly hub: EventHub
  /** Root threads whose models' text is wanted piece by piece. */
  readonly streaming: Set<string>
  portsOf(thread: ThreadRecord, run: RunHandle): PortsOf
}

export function wired(parts: WiredParts): Wired {
  const { registry, journal, clock, ids } = parts
  const hub = eventHub(parts)
  const links = upstreams()
  const streaming = new Set<string>()
  const letters = post({
    journal,
    every: parts.lease.every,
    everyMs: POLL_MS,
    ring: (rootThreadId) => drives.changes(rootThreadId).ring(),
    obey: parts.obey
  })
  const leases = treeLeases({
    ...parts.lease,
    journal,
    clock,
    async taken(rootThreadId) {
      await hub.open(rootThreadId)
      letters.watch(rootThreadId)
    },
    gone(rootThreadId) {
      hub.close(rootThreadId)
      letters.leave(rootThreadId)
    },
    lost: (rootThreadId) => drives.lose(rootThreadId)
  })
  const cancel = (threadId: string, reason: string): Promise<void> =>
    cancelHere({ threadId, reason }, { ...parts, driver: drives, holder: parts.lease.holder })
  const places = slots(parts.maxConcurrent)
  const drives: Driver = driver({ ...parts, upstreams: links, leases, events: hub, slots: places, cancel, portsOf })

  function portsOf(thread: ThreadRecord, run: RunHandle): PortsOf {
    const { path, threadId, rootThreadId } = thread
    const outputs = journal
    const workspace = thread.workspace ?? undefined
    const inbox = inboxOf(thread, journal)
    const fixed = { path, threadId, clock, ids, outputs, inbox, workspace, remits: registry.remitsAlong(path) }
    return (config) => {
      const told = tellerOf(thread, { run, config })
      const openAsk = async (ask: Ask) => {
        const row: RowWrite = { kind: 'ask', ask, rootThreadId, at: clock.now() }
        await told.keep({ row, body: { type: 'ask.opened', toolCallId: ask.toolCallId, ask } })
      }
      const decide = async (ask: Ask, decision: Decision, by: Decider) => {
        await openAsk(ask)
        await journal.decideAsk(ask.id, { decision, by, at: clock.now() })
        drives.changes(rootThreadId).ring()
      }
      return {
        ...fixed,
        emit: told.emit,
        calls: callLog(thread, { journal, clock, ...told }),
        openAsk,
        streaming: streaming.has(rootThreadId),
        children: childrenOf(thread, {
          registry,
          journal,
          clock,
          driver: drives,
          upstreams: links,
          ...told,
          decide,
          cancel,
          outlivedRoots: parts.outlivedRoots,
          run,
          config
        })
      }
    }
  }

  /** Tells of what one node does. */
  function tellerOf(thread: ThreadRecord, { run, config }: { run: RunHandle; config: RunnableConfig }) {
    const writer = parts.toCustomStream ? (config as { writer?: (chunk: unknown) => void }).writer : undefined
    const teller = hub.from(thread, run.runId)
    const show = (body: EventBody) => writer?.({ path: thread.path, threadId: thread.threadId, ...body })
    return {
      emit(body: EventBody) {
        const { rootThreadId, threadId } = thread
        if (body.type !== 'model.finished') teller.emit(body)
        else teller.note({ row: { kind: 'usage', rootThreadId, threadId, usage: body.usage, workedMs: 0 }, body })
        show(body)
      },
      async keep({ row, body }: { row: RowWrite; body?: EventBody }) {
        const isNew = await teller.keep({ row, body })
        if (isNew && body) show(body)
        return isNew
      }
    }
  }

  return { driver: drives, hub, streaming, portsOf }
}
