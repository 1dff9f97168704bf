// Lets go what nobody needs any more, tree by tree.
//
// P1. A tree goes as a whole, or it stays and some of its checkpoints go: which says `policy.ts`. Whether it goes is decided in
//     the transaction that deletes it.
// P2. First the checkpoints, then the rows that list them: what a process that dies in between leaves is listed and gone, and
//     goes from the list the next time.
import type { Clock } from '../../state/context.ts'
import { RuntimeError } from '../../state/errors.ts'
import type { Journal } from '../../state/journal.ts'
import type { GoneRows, Held } from '../../state/retention.ts'
import { isOpen } from '../../state/task-ledger.ts'
import { ledgerOf } from '../dialects/deputy.ts'
import type { EventHub } from '../events.ts'
import { currentOf } from '../history/branches.ts'
import { threadOf } from '../thread-of.ts'
import { eventsUpTo } from './old-events.ts'
import { type Going, goingOf, type Rule, type TreeFacts } from './policy.ts'
import { prunedSnapshots, type SnapshotParts } from './snapshots.ts'

/** What goes. At least one of `olderThanMs`, `keep` and `branches: 'abandoned'` is given. */
export interface PruneRequest {
  /** What was there before this many milliseconds, and a tree that ended before; by the clock of the runtime. */
  readonly olderThanMs?: number
  /** How many of the newest checkpoints of a thread stay, however old: 1 by default. */
  readonly keep?: number
  /** Only in the trees of these threads. */
  readonly threads?: readonly string[]
  /** `abandoned`: only trees whose place another one has taken by a rewind, as a whole. */
  readonly branches?: 'all' | 'abandoned'
  /** Nothing is done, and it is told what would be. */
  readonly dryRun?: boolean
}

/** What went, or would. */
export interface PruneReport {
  readonly dryRun: boolean
  /** Trees that went as a whole. */
  readonly trees: number
  /** The threads of these, and children of others that were let go. */
  readonly threads: number
  readonly checkpoints: number
  /** Values that checkpoints shared. */
  readonly elements: number
  readonly events: number
  /** All rows of the store together, those named above among them. */
  readonly rows: number
  /** File snapshots; only where the runtime keeps any. */
  readonly snapshots: number
  /** How many trees stay, or stay in part, and why. */
  readonly kept: Readonly<Record<Held, number>>
}

export interface PruneParts extends SnapshotParts {
  readonly journal: Journal
  readonly clock: Clock
  readonly hub: Pick<EventHub, 'flush'>
}

interface Plan extends Rule {
  readonly now: number
  readonly dryRun: boolean
  readonly isAbandoned: boolean
}

/** @throws RuntimeError BAD_ARGUMENTS, UNKNOWN_THREAD */
export async function prune(request: PruneRequest, parts: PruneParts): Promise<PruneReport> {
  const plan = planOf(request, parts.clock.now())
  const sum = { trees: 0, threads: 0, checkpoints: 0, elements: 0, events: 0, rows: 0 }
  const kept = { asking: 0, labelled: 0, live: 0, unfinished: 0, young: 0 }
  for (const rootThreadId of await rootsOf(request, parts)) {
    const { held, ...gone } = await prunedTree(rootThreadId, plan, parts)
    if (held) kept[held] += 1
    for (const kind of Object.keys(gone) as (keyof typeof gone)[]) sum[kind] += gone[kind]
  }
  const snapshots = plan.dryRun ? 0 : await prunedSnapshots(request, parts)
  return { dryRun: plan.dryRun, ...sum, snapshots, kept }
}

function planOf({ olderThanMs, keep, branches, dryRun = false }: PruneRequest, now: number): Plan {
  const isAbandoned = branches === 'abandoned'
  if (olderThanMs === undefined && keep === undefined && !isAbandoned)
    throw new RuntimeError('BAD_ARGUMENTS', 'say what goes: by age, by count, or abandoned branches')
  if (olderThanMs !== undefined && !(olderThanMs >= 0))
    throw new RuntimeError('BAD_ARGUMENTS', `an age is a number of milliseconds from 0 on, and ${olderThanMs} is none`)
  if (keep !== undefined && !(Number.isSafeInteger(keep) && keep > 0))
    throw new RuntimeError('BAD_ARGUMENTS', `keep is ${keep}; it takes a whole number above 0`)
  const until = olderThanMs === undefined ? undefined : now - olderThanMs
  return { now, until, keep: keep ?? 1, dryRun, isAbandoned }
}

async function rootsOf({ threads, branches }: PruneRequest, { journal }: PruneParts): Promise<string[]> {
  const all = threads
    ? await Promise.all(threads.map(async (threadId) => (await threadOf(journal, threadId)).rootThreadId))
    : (await journal.roots({ limit: ALL })).map(({ threadId }) => threadId)
  const roots = [...new Set(all)]
  if (branches !== 'abandoned') return roots
  const abandoned: string[] = []
  for (const root of roots) if ((await currentOf(root, journal)) !== root) abandoned.push(root)
  return abandoned
}

const ALL = 1_000_000_000

type Gone = GoneRows & { readonly trees: number; readonly held?: Held }

const NOTHING = { trees: 0, threads: 0, checkpoints: 0, elements: 0, events: 0, rows: 0 }

async function prunedTree(rootThreadId: string, plan: Plan, parts: PruneParts): Promise<Gone> {
  const { journal, hub } = parts
  const { now, dryRun, isAbandoned } = plan
  await hub.flush(rootThreadId).catch(() => {})
  const until = plan.until ?? (isAbandoned ? now : Number.NEGATIVE_INFINITY)
  const gone = Number.isFinite(until)
    ? await journal.deleteTree({ rootThreadId, now, until, dryRun })
    : { held: 'young' as const }
  if (!('held' in gone)) return { ...gone, trees: 1 }
  if (isAbandoned) return { ...NOTHING, held: gone.held }
  return { ...(await prunedPart(rootThreadId, plan, parts)), held: gone.held }
}

async function prunedPart(rootThreadId: string, plan: Plan, parts: PruneParts): Promise<Gone> {
  const { journal, saver } = parts
  const { until, dryRun } = plan
  const facts = await factsOf(rootThreadId, journal)
  const going = await settled(facts, { going: goingOf(facts, plan), plan, parts })
  // Of one that was let go before, only its row is left.
  const had = new Set(facts.marks.map(({ threadId }) => threadId))
  const gone = { ...NOTHING, threads: going.letGo.filter(({ threadId }) => had.has(threadId)).length }
  const drops = new Map<string, ReadonlySet<string> | 'all'>(going.checkpoints)
  for (const { threadId } of going.letGo) drops.set(threadId, 'all')
  for (const [threadId, dropped] of drops) {
    const { checkpoints, writes, elements } = await saver.prune(threadId, { dropped, dryRun })
    gone.checkpoints += checkpoints
    gone.elements += elements
    gone.rows += checkpoints + writes + elements
  }
  const eventsTo = until === undefined ? 0 : await eventsUpTo(rootThreadId, { until, journal })
  const rows = { rootThreadId, places: going.places, threads: going.letGo, eventsTo, until: until ?? 0, dryRun }
  const { events, rows: count } = await journal.pruneTree(rows)
  return { ...gone, events, rows: gone.rows + count }
}

async function factsOf(rootThreadId: string, journal: Journal): Promise<TreeFacts> {
  const [threads, marks, labels, asks, branches] = await Promise.all([
    journal.threadsOf(rootThreadId),
    journal.checkpoints(rootThreadId, { limit: ALL, first: 'oldest' }),
    journal.labelsOf(rootThreadId),
    journal.openAsks({ rootThreadId }),
    journal.branchesFrom(rootThreadId)
  ])
  const named = new Set(labels.map(keyOf))
  for (const branch of branches)
    if (await journal.thread(branch.rootThreadId))
      named.add(keyOf({ threadId: branch.fromThreadId, checkpointId: branch.fromCheckpointId }))
  return {
    threads,
    marks,
    pinned: new Set(marks.flatMap((mark) => (named.has(keyOf(mark)) ? [mark.place] : []))),
    needed: new Set(asks.map(({ ask }) => ask.threadId))
  }
}

const keyOf = ({ threadId, checkpointId }: { threadId: string; checkpointId: string }) =>
  JSON.stringify([threadId, checkpointId])

/** Nobody is let go whom the ledger of its parent has as open: a turn that failed may have left it so. */
async function settled(
  facts: TreeFacts,
  { going, plan, parts }: { going: Going; plan: Plan; parts: PruneParts }
): Promise<Going> {
  const parentOf = new Map(facts.threads.map(({ threadId, parentThreadId }) => [threadId, parentThreadId]))
  const letGo = new Set(going.letGo.map(({ threadId }) => threadId))
  const parents = new Set([...letGo].map((threadId) => parentOf.get(threadId)!).filter((parent) => !letGo.has(parent)))
  const open = new Set<string>()
  for (const parent of parents) {
    const head = await parts.saver.getTuple({ configurable: { thread_id: parent } })
    for (const task of ledgerOf(head?.checkpoint.channel_values)) if (isOpen(task)) open.add(task.threadId)
  }
  if (![...open].some((threadId) => letGo.has(threadId))) return going
  return goingOf({ ...facts, needed: new Set([...facts.needed, ...open]) }, plan)
}
