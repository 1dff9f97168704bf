// The parts of a runtime put together: what drives threads, what numbers events, what gives a run its ports.

import type { RunnableConfig } from '@langchain/core/runnables'
import type { BaseCheckpointSaver } from '@langchain/langgraph'
import type { Ask } from '../state/asks.ts'
import type { Clock, Ids } from '../state/context.ts'
import type { Decider, Decision } from '../state/decisions.ts'
import type { EventBody } from '../state/events.ts'
import type { Letter } from '../state/inbox.ts'
import type { Journal } from '../state/journal.ts'
import type { ThreadRecord } from '../state/threads.ts'
import type { PortsOf } from './agent.ts'
import { callLog } from './call-log.ts'
import { childrenOf } from './children.ts'
import { type Driver, driver } from './drive.ts'
import { type EventHub, eventHub } from './events.ts'
import { threadGrants } from './grants.ts'
import { inboxOf } from './inbox.ts'
import { type LeaseTerms, treeLeases } from './leases.ts'
import { POLL_MS } from './pace.ts'
import { post } from './post.ts'
import type { Registry } from './registry.ts'
import type { RunHandle } from './run.ts'
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
  const drives: Driver = driver({ ...parts, upstreams: links, leases, events: hub, emit, portsOf })

  function emit({ path, threadId, rootThreadId }: ThreadRecord, runId: string, body: EventBody): void {
    hub.emit({ path, threadId, rootThreadId, runId }, body)
  }

  function portsOf(thread: ThreadRecord, run: RunHandle): PortsOf {
    const { path, threadId, rootThreadId } = thread
    const outputs = journal
    const workspace = thread.workspace ?? undefined
    const calls = callLog(thread, { journal, clock })
    const inbox = inboxOf(thread, journal)
    const changed = () => drives.changes(rootThreadId).ring()
    const { grants, grant, recheck } = threadGrants(thread, { registry, journal, clock, changed })
    const remits = registry.remitsAlong(path)
    const fixed = { path, threadId, clock, ids, outputs, calls, inbox, grants, grant, workspace, remits }
    return (config) => {
      const emitHere = emitterOf(thread, { run, config })
      const known = (ask: Ask) => open(ask, { rootThreadId, emit: emitHere })
      const openAsk = async (ask: Ask) => {
        if (await known(ask)) await recheck(ask)
      }
      const decide = async (ask: Ask, decision: Decision, by: Decider) => {
        await known(ask)
        await journal.decideAsk(ask.id, { decision, by, at: clock.now() })
        changed()
      }
      return {
        ...fixed,
        emit: emitHere,
        openAsk,
        streaming: streaming.has(rootThreadId),
        children: childrenOf(thread, {
          registry,
          journal,
          clock,
          driver: drives,
          upstreams: links,
          emit: emitHere,
          decide,
          run,
          config
        })
      }
    }
  }

  function emitterOf(thread: ThreadRecord, { run, config }: { run: RunHandle; config: RunnableConfig }) {
    const writer = parts.toCustomStream ? (config as { writer?: (chunk: unknown) => void }).writer : undefined
    return (body: EventBody) => {
      emit(thread, run.runId, body)
      writer?.({ path: thread.path, threadId: thread.threadId, ...body })
    }
  }

  async function open(
    ask: Ask,
    { rootThreadId, emit }: { rootThreadId: string; emit: (body: EventBody) => void }
  ): Promise<boolean> {
    const isNew = await journal.openAsk({ ask, rootThreadId, at: clock.now() })
    if (isNew) emit({ type: 'ask.opened', toolCallId: ask.toolCallId, ask })
    return isNew
  }

  return { driver: drives, hub, streaming, portsOf }
}
