// The parts of a runtime put together: what drives threads, what numbers events, what gives a run its ports.

import type { RunnableConfig } from '@langchain/core/runnables'
import type { BaseCheckpointSaver } from '@langchain/langgraph'
import type { Ask } from '../state/asks.ts'
import type { Reached } from '../state/budget.ts'
import type { BudgetPort, Clock, Ids } from '../state/context.ts'
import type { Decider, Decision } from '../state/decisions.ts'
import type { EventBody } from '../state/events.ts'
import type { Letter } from '../state/inbox.ts'
import type { Journal, RowWrite } from '../state/journal.ts'
import type { ThreadRecord } from '../state/threads.ts'
import type { Usage } from '../state/usage.ts'
import type { PortsOf } from './agent.ts'
import { callLog } from './call-log.ts'
import { cancelHere } from './cancel.ts'
import { childrenOf } from './children.ts'
import { type Driver, driver } from './drive.ts'
import { type EventHub, eventHub } from './events.ts'
import { threadGrants } from './grants.ts'
import { missedBefore } from './history/catch-up.ts'
import { treeRepeats } from './history/repeats.ts'
import type { HooksOf } from './hooks/hooks.ts'
import { inboxOf } from './inbox.ts'
import { type LeaseTerms, treeLeases } from './leases.ts'
import { meter } from './meter.ts'
import { POLL_MS, type Sleep } from './pace.ts'
import { post } from './post.ts'
import { decideByCap, resolveRaised } from './raised.ts'
import type { Registry } from './registry.ts'
import { reportsToRoot } from './reports.ts'
import type { RunHandle, RunOfThread } from './run.ts'
import { slots } from './slots.ts'
import type { KeptFiles } from './snapshots/kept-files.ts'
import type { KeptPolicy } from './tree-policy.ts'
import { upstreams } from './upstreams.ts'

export interface WiredParts {
  readonly registry: Registry
  readonly saver: BaseCheckpointSaver
  readonly journal: Journal
  readonly clock: Clock
  readonly ids: Ids
  readonly durability: 'sync' | 'async' | 'exit'
  readonly lease: LeaseTerms
  readonly sleep: Sleep
  readonly chance: () => number
  /** How many events of a tree are kept. */
  readonly keepEvents: number
  readonly keptPolicy: KeptPolicy
  /** Keeps the files of workspaces with the checkpoints. */
  readonly files?: KeptFiles | undefined
  /** Does what another process asks of a tree that is driven here. */
  obey(command: Letter): Promise<void>
  /** Whether the journal keeps what a listing of checkpoints needs. */
  readonly keepsCheckpoints: boolean
  /** Whether a root's turn may end while its background tasks are at work. */
  readonly outlivedRoots: boolean
  /** How many runs may work at once. */
  readonly maxConcurrent?: number | undefined
  /** What somebody else has to say; none where nobody was given. */
  readonly hooksOf?: HooksOf | undefined
  /** Shows events in LangGraph's `custom` stream as well, where nobody follows the hub. */
  readonly toCustomStream?: boolean
}

export interface Wired {
  readonly driver: Driver
  readonly hub: EventHub
  /** Root threads whose models' text is wanted piece by piece. */
  readonly streaming: Set<string>
  portsOf(run: RunOfThread): PortsOf
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
      await Promise.all([hub.open(rootThreadId), meters.open(rootThreadId), repeats.open(rootThreadId)])
      letters.watch(rootThreadId)
    },
    async gone(rootThreadId) {
      const closed = hub.close(rootThreadId)
      meters.close(rootThreadId)
      repeats.close(rootThreadId)
      letters.leave(rootThreadId)
      await closed
    },
    lost: (rootThreadId) => drives.lose(rootThreadId)
  })
  const meters = meter(parts)
  const repeats = treeRepeats(journal)
  const drives: Driver = driver({
    ...parts,
    every: parts.lease.every,
    upstreams: links,
    leases,
    events: hub,
    meter: meters,
    slots: slots(parts.maxConcurrent),
    cancel,
    portsOf,
    missed: parts.keepsCheckpoints ? (thread, checkpointId) => missedBefore(thread, checkpointId, parts) : undefined,
    async stopBelow({ threadId, rootThreadId }, reason) {
      const below = (await journal.threadsOf(rootThreadId)).filter(({ parentThreadId }) => parentThreadId === threadId)
      for (const child of below)
        if (!(parts.outlivedRoots && reportsToRoot(child))) await cancel(child.threadId, reason)
      await journal.withdrawAsks([threadId])
    }
  })

  function cancel(threadId: string, reason: string): Promise<void> {
    const { holder } = parts.lease
    return cancelHere({ threadId, reason }, { driver: drives, journal, clock, ids, holder })
  }

  function portsOf({ thread, run, kept }: RunOfThread): PortsOf {
    const { path, threadId, rootThreadId } = thread
    const outputs = journal
    const inbox = inboxOf(thread, journal)
    const changed = () => drives.changes(rootThreadId).ring()
    const budget: BudgetPort = {
      reached: () => meters.reached(rootThreadId),
      async raise(limit, cap) {
        await meters.raise(rootThreadId, { limit, cap })
        const resolved = await resolveRaised({ rootThreadId, limit, cap, path }, { journal, clock })
        if (resolved.length > 0) changed()
      }
    }
    const { grants, grant, recheck } = threadGrants(thread, { ...parts, changed })
    const fixed = {
      ...registry.authorityOf(thread, kept),
      threadId,
      clock,
      ids,
      outputs,
      inbox,
      budget,
      grants,
      grant,
      principal: thread.principal,
      repeats: repeats.of(rootThreadId)
    }
    return (config) => {
      const told = tellerOf(thread, { run, config })
      const hooks = parts.hooksOf?.(thread, { ...run, emit: told.emit })
      const known = (ask: Ask) => {
        const row: RowWrite = { kind: 'ask', ask, rootThreadId, at: clock.now() }
        return told.keep({ row, body: { type: 'ask.opened', toolCallId: ask.toolCallId, ask } })
      }
      const openAsk = async (ask: Ask) => {
        if (!(await known(ask))) return
        if (await isRejected(ask)) return
        await (ask.kind === 'budget' ? recheckCap(ask) : recheck(ask))
      }
      const isRejected = async (ask: Ask) => {
        const { denied } = (await hooks?.onAsk({ ask })) ?? {}
        if (denied === undefined) return false
        await decide(ask, { kind: 'reject', reason: denied }, { kind: 'rule', path, reason: denied })
        return true
      }
      const recheckCap = async (ask: Ask) => {
        const { limit } = ask.args as Reached
        const cap = meters.cap(rootThreadId, limit)
        if (cap !== undefined) await decideByCap(ask, { limit, cap, path }, { journal, clock })
      }
      const decide = async (ask: Ask, decision: Decision, by: Decider) => {
        await known(ask)
        await journal.decideAsk(ask.id, { decision, by, at: clock.now() })
        changed()
      }
      return {
        ...fixed,
        emit: told.emit,
        meter: told.meter,
        sleep: parts.sleep,
        chance: parts.chance,
        calls: callLog(thread, { journal, clock, ...told }),
        openAsk,
        ...(hooks && { hooks }),
        streaming: streaming.has(rootThreadId),
        children: childrenOf(thread, {
          registry,
          journal,
          clock,
          driver: drives,
          upstreams: links,
          ...told,
          enlist: meters.enlist,
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
        drives.sign(thread.threadId)
        teller.emit(body)
        show(body)
      },
      async keep({ row, body }: { row: RowWrite; body?: EventBody }) {
        drives.sign(thread.threadId)
        const isNew = await teller.keep({ row, body })
        if (isNew && body) show(body)
        return isNew
      },
      async meter(usage: Usage) {
        const { rootThreadId, threadId } = thread
        meters.add(thread, usage)
        const workedMs = meters.lap(thread)
        await teller.keep({ row: { kind: 'usage', rootThreadId, threadId, usage, workedMs, begins: false } })
      }
    }
  }

  return { driver: drives, hub, streaming, portsOf }
}
