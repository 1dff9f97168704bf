import { diffOf, type StateDiff } from '../../state/diff.ts'
import type { FileChange } from '../../state/files.ts'
import type { PlacedMark } from '../../state/marks.ts'
import type { ThreadRecord } from '../../state/threads.ts'
import { changeOf } from '../snapshots/files.ts'
import { filesOf, type KeptFiles } from '../snapshots/kept-files.ts'
import { threadOf } from '../thread-of.ts'
import { entryOf, type HistoryEntry, type ListParts } from './list.ts'
import { markAt, tupleAt } from './places.ts'
import { NOTHING, stateAt } from './state-at.ts'

interface Place {
  readonly threadId: string
  readonly checkpointId: string
}

/**
 * Which two checkpoints are compared: one with the one before it (`step`), with the first of its thread (`from-start`), with the
 * last of its thread (`to-now`), or any two, also of different threads and trees (`range`).
 */
export type DiffRequest =
  | ({ readonly mode: 'step' | 'from-start' | 'to-now' } & Place)
  | { readonly mode: 'range'; readonly from: Place; readonly to: Place }

export interface CheckpointDiff extends StateDiff {
  /** Undefined where nothing was before. */
  readonly from: HistoryEntry | undefined
  readonly to: HistoryEntry
  /** Undefined where nobody keeps files, those of one of the two are not known, or they are of different workspaces. */
  readonly files: readonly FileChange[] | undefined
}

export interface DiffParts extends ListParts {
  readonly files: Pick<KeptFiles, 'of'> | undefined
}

interface Side {
  readonly thread: ThreadRecord
  readonly mark: PlacedMark
}

/** @throws RuntimeError UNKNOWN_THREAD, UNKNOWN_CHECKPOINT, BAD_STORE */
export async function diff(request: DiffRequest, parts: DiffParts): Promise<CheckpointDiff> {
  const [from, to] = await sidesOf(request, parts)
  const before = from ? await stateAt(from.thread, from.mark, parts) : NOTHING
  const after = await stateAt(to.thread, to.mark, parts)
  const files = from && (await filesBetween(from, to, parts))
  return { from: from && (await shown(from, parts)), to: await shown(to, parts), ...diffOf(before, after), files }
}

async function filesBetween(from: Side, to: Side, parts: DiffParts): Promise<FileChange[] | undefined> {
  const { workspace } = to.thread
  if (!parts.files || workspace === null || workspace !== from.thread.workspace) return undefined
  const before = filesOf((await tupleAt(from.mark, parts)).metadata)
  const after = filesOf((await tupleAt(to.mark, parts)).metadata)
  if (before === undefined || after === undefined) return undefined
  const steps = parts.files.of(workspace).then((snapshots) => snapshots.compare(before, after))
  return steps.then(
    (known) => known.map(changeOf),
    () => undefined
  )
}

async function sidesOf(request: DiffRequest, parts: DiffParts): Promise<[Side | undefined, Side]> {
  if (request.mode === 'range') return [await sideAt(request.from, parts), await sideAt(request.to, parts)]
  const side = await sideAt(request, parts)
  const { thread, mark } = side
  if (request.mode === 'to-now') return [side, { thread, mark: (await endOf(thread, 'newest', parts)) ?? mark }]
  if (request.mode === 'from-start') return [{ thread, mark: (await endOf(thread, 'oldest', parts)) ?? mark }, side]
  if (mark.parentCheckpointId === null) return [undefined, side]
  return [{ thread, mark: await markAt(thread, mark.parentCheckpointId, parts) }, side]
}

async function sideAt({ threadId, checkpointId }: Place, parts: DiffParts): Promise<Side> {
  const thread = await threadOf(parts.journal, threadId)
  return { thread, mark: await markAt(thread, checkpointId, parts) }
}

async function endOf(
  { threadId, rootThreadId }: ThreadRecord,
  first: 'newest' | 'oldest',
  { journal }: DiffParts
): Promise<PlacedMark | undefined> {
  const [mark] = await journal.checkpoints(rootThreadId, { threadId, first, limit: 1 })
  return mark
}

async function shown({ mark }: Side, { journal }: DiffParts): Promise<HistoryEntry> {
  return entryOf(mark, await journal.labelsOf(mark.rootThreadId))
}
