// B1. What is there is kept before anything is touched, and so is what will be there. From these two a restore is undone: also
//     one that a crash has cut short, since what it did not come to is as it was.
// B2. What somebody else did since the last snapshot is not overwritten unasked; plan.ts decides.
// B3. A restore whose cause came to nothing, since the process died behind it, is undone before another for the same cause. So
//     the last one of a cause always knows what was there before the first.
import { rm } from 'node:fs/promises'
import { z } from 'zod'
import { RuntimeError } from '../../state/errors.ts'
import type { FileChange, Skipped } from '../../state/files.ts'
import { apply, type Failed } from './apply.ts'
import { changeOf, type Step } from './files.ts'
import { fsPath } from './path-text.ts'
import { type Conflict, type OnConflict, planOf } from './plan.ts'
import type { Repository, Write } from './repository.ts'
import type { Taken } from './taking.ts'

export type Restored =
  | {
      readonly status: 'restored'
      /** With which it is undone. */
      readonly restoreId: string
      /** The snapshot of what is there now. */
      readonly snapshot: string
      readonly changes: readonly FileChange[]
      /** What stayed as it was, although the snapshot has it otherwise. */
      readonly kept: readonly Conflict[]
      /** What could not be done; the rest was. */
      readonly failed: readonly Failed[]
    }
  | { readonly status: 'conflicts'; readonly conflicts: readonly Conflict[] }

export interface Restoring {
  readonly workspace: string
  readonly repository: Repository
  take(): Promise<Taken>
}

export interface Wanted {
  readonly to: string
  readonly base: string
  readonly onConflict: OnConflict
  /** Directories that are to be there in the end. */
  readonly directories: readonly string[]
  /** For what it is done. One before it from the same `base` for the same cause came to nothing. */
  readonly cause?: string | undefined
}

/** What a restore leaves of itself. */
const RestoreRecord = z.object({
  before: z.string(),
  after: z.string(),
  /** Directories that had nothing in them: snapshots have files only. */
  empty: z.array(z.string()),
  /** What it was done for, and from which base. */
  cause: z.object({ name: z.string(), base: z.string() }).exactOptional()
})
type RestoreRecord = Readonly<z.infer<typeof RestoreRecord>>

export async function restored(wanted: Wanted, parts: Restoring): Promise<Restored> {
  const { repository } = parts
  const vain = await vainOne(wanted, repository)
  if (vain === undefined) return done(wanted, parts)
  const undone = await done({ ...(await undoOf(vain, repository)), onConflict: wanted.onConflict }, parts)
  return undone.status === 'conflicts' ? undone : done(wanted, parts)
}

/** The last restore for the same cause. */
async function vainOne({ cause, base }: Wanted, repository: Repository): Promise<string | undefined> {
  if (cause === undefined) return undefined
  const same = ({ message }: { message: unknown }) => {
    const known = RestoreRecord.safeParse(message).data?.cause
    return known?.name === cause && known.base === base
  }
  return (await repository.messages('restores')).find(same)?.id
}

async function done({ to, base, onConflict, directories, cause }: Wanted, parts: Restoring): Promise<Restored> {
  const { workspace, repository } = parts
  const unknownThen = await repository.skipped(to)
  const now = await parts.take()
  const { id, skipped: unknownNow } = now.snapshot
  const wanted = await repository.between(id, to)
  const edited = await repository.between(base, id)
  const { steps, kept, conflicts } = planOf({ wanted, edited, unknownNow, unknownThen }, onConflict)
  if (conflicts.length > 0) return { status: 'conflicts', conflicts }
  const record = await recorded(steps, {
    now,
    repository,
    cause: cause === undefined ? undefined : { name: cause, base }
  })
  const contents = repository.contents()
  try {
    await clear(unknownNow, workspace)
    const { files: seen } = now.walked
    const failed = await apply({ root: workspace, steps, seen, directories, content: contents.of })
    return { status: 'restored', ...record, changes: steps.map(changeOf), kept, failed }
  } finally {
    await contents.close()
  }
}

/** How a restore is undone. @throws RuntimeError UNKNOWN_SNAPSHOT */
export async function undoOf(
  restoreId: string,
  repository: Repository
): Promise<Pick<Wanted, 'to' | 'base' | 'directories'>> {
  const { before, after, empty } = await recordOf(restoreId, repository)
  return { to: before, base: after, directories: empty }
}

export async function recordOf(restoreId: string, repository: Repository): Promise<RestoreRecord> {
  const record = RestoreRecord.safeParse(await repository.message(restoreId))
  if (record.success) return record.data
  throw new RuntimeError('UNKNOWN_SNAPSHOT', `${restoreId} is no restore`)
}

/** Keeps what is about to be done. */
async function recorded(
  steps: readonly Step[],
  { now, repository, cause }: { now: Taken; repository: Repository; cause: RestoreRecord['cause'] }
): Promise<{ restoreId: string; snapshot: string }> {
  const { id: before, skipped } = now.snapshot
  const writes = steps.map(({ path, to }): Write => (to ? { path, ...to } : { path, mode: null }))
  const message = () => JSON.stringify({ skipped })
  const { id: after, tree } = await repository.commit({ base: now.tree, writes, message, under: 'snapshots' })
  const record: RestoreRecord = { before, after, empty: [...now.walked.empty], ...(cause && { cause }) }
  const words = () => JSON.stringify(record)
  const { id: restoreId } = await repository.commit({ base: tree, writes: [], message: words, under: 'restores' })
  return { restoreId, snapshot: after }
}

/** What a restore that died was about to put in place. */
async function clear(skipped: readonly Skipped[], workspace: string): Promise<void> {
  for (const { path, why } of skipped)
    if (why === 'left over') await rm(fsPath(`${workspace}/${path}`), { force: true })
}
