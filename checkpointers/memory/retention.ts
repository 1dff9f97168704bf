import type { AskRecord } from '../../state/asks.ts'
import type { CallRecord } from '../../state/call-records.ts'
import type { Grant } from '../../state/grants.ts'
import type { WaitingLetter } from '../../state/inbox.ts'
import type { Journal } from '../../state/journal.ts'
import type { Lease } from '../../state/leases.ts'
import type { Label, PlacedMark } from '../../state/marks.ts'
import type { GoneRows, Held, RowsToGo, TreeToGo } from '../../state/retention.ts'
import { hasEnded, type ThreadRecord } from '../../state/threads.ts'
import type { PrunableSaver } from '../prunable.ts'
import { forget } from './forgetting.ts'

interface Rows {
  readonly threads: Map<string, ThreadRecord>
  readonly asks: Map<string, AskRecord>
  readonly grants: Map<string, Grant>
  readonly calls: Map<string, CallRecord>
  readonly leases: Map<string, Lease>
  readonly letters: Map<string, WaitingLetter>
  readonly sent: Map<string, string>
  readonly labels: ReadonlyMap<string, Label>
  readonly deleted: Set<string>
  readonly saver: PrunableSaver | undefined
  readonly events: { pruneTo(rootThreadId: string, to: number): number; deleteOf(rootThreadId: string): number }
  /** Of other kinds: each deletes what a tree has, and gives how much that was. */
  readonly others: readonly { deleteOf(rootThreadId: string): number }[]
  forgetOutputs(threadId: string): number
  addUsage(rootThreadId: string, to: { threadId: string; into: string }): void
  forgetMarks(rootThreadId: string, isUnwanted: (mark: PlacedMark) => boolean): number
}

const GOING_ON: ReadonlySet<string> = new Set(['queue', 'follow-up', 'report'])

export function retentionRows(rows: Rows) {
  const { threads, asks, grants, calls, leases, letters, sent, labels, deleted, saver, events } = rows

  function heldBy({ rootThreadId, now, until }: TreeToGo): Held | undefined {
    const isOf = (row: { rootThreadId: string }) => row.rootThreadId === rootThreadId
    const own = [...threads.values()].filter(isOf)
    if ([...asks.values()].some((ask) => isOf(ask) && ask.status === 'open')) return 'asking'
    if ([...labels.values()].some(isOf)) return 'labelled'
    if ((leases.get(rootThreadId)?.expiresAt ?? 0) > now) return 'live'
    if (own.some(({ status }) => !hasEnded(status))) return 'unfinished'
    if ([...letters.values()].some((letter) => isOf(letter) && GOING_ON.has(letter.kind))) return 'unfinished'
    return own.some(({ updatedAt }) => updatedAt > until) ? 'young' : undefined
  }

  async function deleteTree(tree: TreeToGo): Promise<GoneRows | { held: Held }> {
    const held = heldBy(tree)
    if (held) return { held }
    const { rootThreadId, dryRun } = tree
    const isOf = (row: { rootThreadId: string }) => row.rootThreadId === rootThreadId
    const own = [...threads.values()].filter(isOf).map(({ threadId }) => threadId)
    if (dryRun) return { ...NONE, threads: own.length }
    const gone = { ...NONE, threads: own.length, events: events.deleteOf(rootThreadId) }
    gone.rows = gone.events + rows.forgetMarks(rootThreadId, () => true)
    for (const map of [asks, grants, calls, leases, letters, threads] as Map<string, { rootThreadId: string }>[])
      gone.rows += forget(map, isOf)
    gone.rows += forget(sent, (root) => root === rootThreadId)
    for (const { deleteOf } of rows.others) gone.rows += deleteOf(rootThreadId)
    for (const threadId of own) {
      deleted.add(threadId)
      gone.rows += rows.forgetOutputs(threadId)
    }
    for (const threadId of own) await forgetCheckpoints(threadId, gone)
    return gone
  }

  async function forgetCheckpoints(threadId: string, gone: { checkpoints: number; rows: number }): Promise<void> {
    if (!saver) return
    const { checkpoints, writes } = await saver.prune(threadId, { dropped: 'all' })
    await saver.deleteThread(threadId)
    gone.checkpoints += checkpoints
    gone.rows += checkpoints + writes
  }

  async function pruneTree(given: RowsToGo): Promise<GoneRows> {
    const { rootThreadId, eventsTo, until, dryRun } = given
    if (dryRun) return NONE
    const gone = { ...NONE, events: events.pruneTo(rootThreadId, eventsTo) }
    const letGo = new Map(given.threads.map((thread) => [thread.threadId, thread]))
    const places = new Set(given.places)
    gone.rows = gone.events
    gone.rows += rows.forgetMarks(rootThreadId, ({ place, threadId }) => places.has(place) || letGo.has(threadId))
    gone.rows += forget(grants, ({ threadId }) => letGo.has(threadId))
    gone.rows += forget(calls, ({ threadId }) => letGo.get(threadId)?.keepsCalls === false)
    for (const threadId of letGo.keys()) gone.rows += rows.forgetOutputs(threadId)
    gone.rows += forget(asks, (record) => record.rootThreadId === rootThreadId && isOver(record, until))
    for (const { threadId, into } of given.threads) {
      if (into === undefined) continue
      rows.addUsage(rootThreadId, { threadId, into })
      gone.rows += 1 + Number(threads.delete(threadId))
    }
    return gone
  }

  /** One that was decided is looked up as long as its thread may go on with it, and while it has a grant. */
  function isOver(record: AskRecord, until: number): boolean {
    if (record.status === 'open' || grants.has(record.ask.id)) return false
    const at = record.status === 'decided' ? record.decidedAt : record.openedAt
    const status = threads.get(record.ask.threadId)?.status
    return at <= until && status !== undefined && hasEnded(status)
  }

  return { deleteTree, pruneTree } satisfies Partial<Journal>
}

const NONE: GoneRows = { threads: 0, checkpoints: 0, elements: 0, events: 0, rows: 0 }
