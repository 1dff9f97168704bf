// The files of a workspace, kept with the checkpoints of the threads that work in it.
//
// F1. A checkpoint says in its metadata, as `files`, which snapshot has the files as they were when it was written: the step that
//     follows has not begun then. A snapshot is there before a checkpoint names it.
// F2. No turn fails for a snapshot, or waits for one longer than it may. A checkpoint without files is one at which none was taken.
// F3. What fails is told once, until it fails for another reason or has worked again.
import type { BaseCheckpointSaver, CheckpointMetadata } from '@langchain/langgraph'
import type { Clock } from '../../state/context.ts'
import { failureOf, RuntimeError } from '../../state/errors.ts'
import type { EventBody } from '../../state/events.ts'
import type { ThreadRecord } from '../../state/threads.ts'
import { overlaid } from '../overlaid.ts'
import type { Sleep } from '../pace.ts'
import { changeOf, type FileSnapshot } from './files.ts'
import { openSnapshots, type SnapshotOptions, type Snapshots } from './snapshots.ts'

export interface KeepingOptions extends SnapshotOptions {
  /** Milliseconds that a superstep waits for a snapshot. 5,000 by default. */
  readonly waitMs?: number
  /** Milliseconds after which one that nobody waits for any more is given up. 120,000 by default. */
  readonly giveUpMs?: number
}

export interface KeptFiles {
  /** A run's saver, by which with each checkpoint of its thread the files are kept as they are then. */
  saver(thread: ThreadRecord, run: KeepingRun): BaseCheckpointSaver
  /** @throws RuntimeError WORKSPACE_MISSING */
  of(workspace: string): Promise<Snapshots>
  /** Files of a workspace were taken back: the next checkpoint tells of what differs from the one that it follows. */
  moved(workspace: string): void
  /** Gives up what is being taken. */
  close(): void
}

/** What a checkpoint says in its metadata of the files as they were when it was written. */
export interface SaidOfFiles {
  /** The snapshot that has them; none where none was taken. */
  readonly files?: string | undefined
  /** The restore that made them so; none where none did. */
  readonly restore?: string | undefined
}

export function saidOfFiles(metadata: object | undefined): SaidOfFiles {
  const { files, restore } = (metadata ?? {}) as Record<string, unknown>
  return {
    ...(typeof files === 'string' && { files }),
    ...(typeof restore === 'string' && { restore })
  }
}

/** The snapshot of a checkpoint; none where none was taken at it. */
export function filesOf(metadata: object | undefined): string | undefined {
  return saidOfFiles(metadata).files
}

/** One workspace. */
interface Place {
  readonly snapshots: Promise<Snapshots>
  /** The snapshot that was told of last; none where that is to be looked up. */
  told?: string | undefined
  /** What was complained of last. */
  complaint?: string | undefined
  /** One is being taken that nobody waits for any more. */
  overdue?: boolean
  /** One took too long altogether: until then none is tried. */
  restsUntil?: number
}

/** A run whose checkpoints the files are kept with. */
interface KeepingRun {
  readonly saver: BaseCheckpointSaver
  emit(body: EventBody): void
}

type Put = BaseCheckpointSaver['put']
type Config = Parameters<Put>[0]

export interface KeepingParts {
  readonly saver: BaseCheckpointSaver
  readonly clock: Clock
  readonly sleep: Sleep
}

export function keptFiles(options: KeepingOptions, { saver, clock, sleep }: KeepingParts): KeptFiles {
  const { waitMs = 5_000, giveUpMs = 120_000 } = options
  const places = new Map<string, Place>()
  const closing = new AbortController()

  function placeAt(workspace: string): Place {
    const present = places.get(workspace)
    if (present) return present
    const snapshots = openSnapshots(workspace, options)
    snapshots.catch(() => places.delete(workspace))
    const place: Place = { snapshots }
    places.set(workspace, place)
    return place
  }

  function saverOf({ workspace }: ThreadRecord, { saver: own, ...told }: KeepingRun): BaseCheckpointSaver {
    if (workspace === null) return own
    const put: Put = async (
      config,
      checkpoint,
      { files: _, ...metadata }: CheckpointMetadata & { files?: unknown },
      versions
    ) => {
      const isOwn = !config.configurable?.checkpoint_ns
      const at = { checkpointId: checkpoint.id, after: config, told }
      const files = isOwn ? await keptAt(placeAt(workspace), at) : undefined
      return own.put(config, checkpoint, (files ? { ...metadata, files } : metadata) as CheckpointMetadata, versions)
    }
    return overlaid(own, { put })
  }

  async function keptAt(
    place: Place,
    { checkpointId, after, told }: { checkpointId: string; after: Config; told: { emit(body: EventBody): void } }
  ): Promise<string | undefined> {
    if (place.overdue || clock.now() < (place.restsUntil ?? 0)) return undefined
    try {
      const snapshot = place.told === undefined ? await since(after, place) : await inTime(place)
      if (snapshot.id !== place.told) told.emit(bodyOf(snapshot, checkpointId))
      place.told = snapshot.id
      place.complaint = undefined
      return snapshot.id
    } catch (thrown) {
      const error = failureOf(thrown, 'SNAPSHOT_FAILED')
      const isNew = error.message !== place.complaint
      place.complaint = error.message
      if (isNew && !closing.signal.aborted) told.emit({ type: 'files.missed', checkpointId, error })
      return undefined
    }
  }

  /** Where this process has told of none yet: what has changed since the checkpoint that this one follows. */
  async function since({ configurable }: Config, place: Place): Promise<FileSnapshot> {
    const snapshot = await inTime(place)
    const tuple = configurable?.checkpoint_id && (await saver.getTuple({ configurable }).catch(() => undefined))
    const before = tuple ? filesOf(tuple.metadata) : undefined
    if (before === undefined) return snapshot
    place.told ??= before
    if (before === snapshot.id) return snapshot
    const steps = await (await place.snapshots).compare(before, snapshot.id).catch(() => undefined)
    return { ...snapshot, changes: steps?.map(changeOf) ?? snapshot.changes }
  }

  /** What takes longer goes on without anybody: the next one has less to read for it. */
  async function inTime(place: Place): Promise<FileSnapshot> {
    const snapshots = await place.snapshots
    const over = new AbortController()
    const tooLong = new AbortController()
    const signal = AbortSignal.any([tooLong.signal, closing.signal])
    const work = snapshots.take({ signal }).finally(() => over.abort())
    sleep(giveUpMs, over.signal).then(
      () => {
        place.restsUntil = clock.now() + REST_MS
        tooLong.abort(new RuntimeError('SNAPSHOT_FAILED', `the snapshot was not taken within ${giveUpMs} ms`))
      },
      () => {}
    )
    const patience = sleep(waitMs, over.signal).then(
      () => undefined,
      () => work
    )
    const snapshot = await Promise.race([work, patience])
    if (snapshot) return snapshot
    place.overdue = true
    const ended = () => {
      place.overdue = false
    }
    work.then(ended, ended)
    throw new RuntimeError('SNAPSHOT_FAILED', `the snapshot was not taken within ${waitMs} ms`)
  }

  return {
    saver: saverOf,
    of: (workspace) => placeAt(workspace).snapshots,
    moved(workspace) {
      const place = places.get(workspace)
      if (place) place.told = undefined
    },
    close: () => closing.abort(new RuntimeError('SNAPSHOT_FAILED', 'the runtime was closed'))
  }
}

const REST_MS = 600_000

/** As many of each as anybody reads; the snapshot has them all. */
const SHOWN = 100

function bodyOf({ id, changes, skipped }: FileSnapshot, checkpointId: string): EventBody {
  const shown = [...skipped.filter((each) => !isUsual(each)), ...skipped.filter(isUsual)]
  return {
    type: 'files.kept',
    checkpointId,
    snapshot: id,
    changed: changes.length,
    changes: changes.slice(0, SHOWN),
    skipped: shown.slice(0, SHOWN)
  }
}

function isUsual({ why }: FileSnapshot['skipped'][number]): boolean {
  return why === 'cache' || why === 'git'
}
