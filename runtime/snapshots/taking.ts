// T1. Taking a snapshot changes nothing in the workspace, and looks at nothing outside of it.
// T2. Each file is looked at, and only what was touched since the last time is read and written.
// T3. What fails leaves no half a snapshot; the next one begins with what the repository has.
import { lstat } from 'node:fs/promises'
import { RuntimeError } from '../../state/errors.ts'
import type { Skipped } from '../../state/files.ts'
import { changeOf, type FileSnapshot, type FileVersion, isSame, type Mode, type Step } from './files.ts'
import { idOf, NOTHING, type Repository, type Write } from './repository.ts'
import { readSeen, type Seen, type SeenFile, writeSeen } from './seen-files.ts'
import { type Bounds, byPath, contentOf, type Found, type Walked, type Why, walk } from './walk.ts'

export interface Taken {
  readonly snapshot: FileSnapshot
  readonly tree: string
  readonly walked: Walked
}

export type Take = (repository: Repository, how: { signal?: AbortSignal | undefined }) => Promise<Taken>

/** Takes snapshots of a workspace, one at a time. */
export function taking(workspace: string, limits: Omit<Bounds, 'signal'>): Take {
  let seen: Seen | undefined
  /** Files that were read since what was seen was last kept. */
  let unsaved = 0

  return async (repository, { signal }) => {
    const before = seen ?? (await lastSeen(repository))
    seen = undefined
    const since = await repository.now()
    await stillThere()
    const walked = await walk(workspace, { ...limits, signal })
    const look = lookInto(before, { walked, since })
    const first = await look.writes.next()
    const skipped = () => [...walked.skipped, ...look.skipped].toSorted(byPath)
    const isNew = !first.done || !(await isStill(before, { repository, skipped: skipped() }))
    const { id, tree } = isNew
      ? await repository.commit({
          base: before.tree,
          writes: resumed(first, look.writes),
          message: () => JSON.stringify({ skipped: skipped() }),
          under: 'snapshots',
          signal
        })
      : (before as { id: string; tree: string })
    seen = { id, tree, skipped: skipped(), files: look.files }
    await keep(seen, { repository, read: look.read() })
    const changes = before.id === undefined ? [] : look.steps.map(changeOf)
    return { snapshot: { id, changes, skipped: seen.skipped }, tree, walked }
  }

  /** Somebody may have put a file, or a link to somewhere else, in its place. */
  async function stillThere(): Promise<void> {
    const stats = await lstat(workspace).catch(() => undefined)
    if (!stats?.isDirectory()) throw new RuntimeError('SNAPSHOT_FAILED', `the workspace ${workspace} is gone`)
  }

  async function isStill(
    { id, skipped: before }: Seen,
    { repository, skipped }: { repository: Repository; skipped: readonly Skipped[] }
  ): Promise<boolean> {
    if (id === undefined || JSON.stringify(before) !== JSON.stringify(skipped)) return false
    return repository.renew(id)
  }

  /** Not each time: it is as long as the workspace has files. */
  async function keep(now: Seen, { repository, read }: { repository: Repository; read: number }): Promise<void> {
    unsaved += read
    if (unsaved * 10 <= now.files.size) return
    unsaved = 0
    await writeSeen(repository.directory, now).catch(() => {})
  }

  /** Reads what was touched, as it is asked for; all is known when there are no more writes. */
  function lookInto(before: Seen, { walked, since }: { walked: Walked; since: number }) {
    const files = new Map<string, SeenFile>()
    const skipped: Skipped[] = []
    const steps: Step[] = []
    let read = 0

    async function* writes(): AsyncGenerator<Write> {
      for (const [path, known] of before.files) if (!walked.files.has(path)) yield gone(path, known)
      for (const together of batches(touched())) {
        const contents = await Promise.all(together.map(([path, { mode }]) => content(path, mode)))
        for (const [at, [path, found]] of together.entries()) yield* written(path, { found, content: contents[at] })
      }
    }

    function* touched(): Generator<[string, Found]> {
      for (const [path, found] of walked.files) {
        const known = before.files.get(path)
        if (known?.stamp === found.stamp) files.set(path, known)
        else yield [path, found]
      }
    }

    function content(path: string, mode: Mode): ReturnType<typeof contentOf> {
      return contentOf(`${workspace}/${path}`, { mode, ...limits })
    }

    function* written(
      path: string,
      { found, content }: { found: Found; content: Buffer | Why | undefined }
    ): Generator<Write> {
      read++
      const known = before.files.get(path)
      if (!Buffer.isBuffer(content)) {
        if (content) skipped.push({ path, why: content })
        if (known) yield gone(path, known)
        return
      }
      const version = { mode: found.mode, id: idOf(content) }
      // What is touched again within the same tick of the clock looks as it did.
      files.set(path, { ...version, stamp: found.touchedAt > since - TICK_MS ? '' : found.stamp })
      if (known && isSame(known, version)) return
      steps.push({ path, from: known ?? null, to: version })
      yield { path, mode: version.mode, content }
    }

    function gone(path: string, from: FileVersion): Write {
      steps.push({ path, from, to: null })
      return { path, mode: null }
    }

    return { writes: writes(), files, skipped, steps, read: () => read }
  }
}

/** Reading some at once is faster; all at once would need the memory for all. */
const BATCH = { files: 32, bytes: 16 * 2 ** 20 }

function* batches(files: Iterable<[string, Found]>): Generator<[string, Found][]> {
  let together: [string, Found][] = []
  let bytes = 0
  for (const file of files) {
    together.push(file)
    bytes += file[1].size
    if (together.length < BATCH.files && bytes < BATCH.bytes) continue
    yield together
    together = []
    bytes = 0
  }
  if (together.length > 0) yield together
}

/** Of the clock of any file system. */
const TICK_MS = 2000

/** What a process before us saw, if the repository still has it. */
async function lastSeen(repository: Repository): Promise<Seen> {
  const last = await readSeen(repository.directory)
  const isThere =
    last &&
    (await repository
      .treeOf(last.tree)
      .then(() => true)
      .catch(() => false))
  return isThere ? last : { id: undefined, tree: NOTHING, skipped: [], files: new Map() }
}

async function* resumed(first: IteratorResult<Write>, rest: AsyncIterable<Write>): AsyncGenerator<Write> {
  if (first.done) return
  yield first.value
  yield* rest
}
