// The repository that keeps the files of one workspace. It lies elsewhere, and has no working tree and no index: what is written
// is streamed to `git fast-import`, on top of the tree before, so a snapshot costs what has changed, and there is no lock that a
// dead process could leave in the way of all others.
//
// R1. A snapshot is a commit without a past: its tree is the files, its message says what was skipped. Its id follows from both
//     and from nothing else, so that equal snapshots have the same id, whoever takes them.
// R2. A snapshot is there as a whole, with the ref that keeps it, before its id is known to anybody.
import { createHash, randomUUID } from 'node:crypto'
import { mkdir, readdir, realpath, rename, rm, stat, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { RuntimeError } from '../../state/errors.ts'
import type { Skipped } from '../../state/files.ts'
import type { FileVersion, Mode, Step } from './files.ts'
import { findGit, type Git, gitAt } from './git.ts'
import { textOf } from './path-text.ts'
import { quoted } from './walk.ts'
import { isWithin } from './within.ts'

/** What a commit changes of a file: its content, as it comes or by id; with neither it is deleted. */
export type Write =
  | { readonly path: string; readonly mode: Mode; readonly content: Buffer }
  | { readonly path: string; readonly mode: Mode; readonly id: string }
  | { readonly path: string; readonly mode: null }

export interface Committing {
  /** The tree whose files it has but for what is written. */
  readonly base: string
  readonly writes: AsyncIterable<Write> | Iterable<Write>
  /** Asked for once all is written. */
  message(): string
  /** The ref that keeps it, below `refs/`. */
  readonly under: 'snapshots' | 'restores'
  readonly signal?: AbortSignal | undefined
}

export interface Committed {
  readonly id: string
  /** Its files; equal ones have the same tree, whatever was skipped. */
  readonly tree: string
}

export interface Repository {
  /** Where it is. */
  readonly directory: string
  commit(what: Committing): Promise<Committed>
  /** @throws RuntimeError UNKNOWN_SNAPSHOT */
  treeOf(commit: string): Promise<string>
  /** The files that differ. @throws RuntimeError UNKNOWN_SNAPSHOT */
  between(from: string, to: string): Promise<Step[]>
  /** What the message of a commit says. @throws RuntimeError UNKNOWN_SNAPSHOT */
  message(commit: string): Promise<unknown>
  skipped(snapshot: string): Promise<readonly Skipped[]>
  /** Contents by id, one after the other, until it is closed. */
  contents(): { of(id: string): Promise<Buffer>; close(): Promise<void> }
  /** The time by the file system, in milliseconds. */
  now(): Promise<number>
  /** Keeps a snapshot from now on as if it were new. False where it is not kept any more. */
  renew(snapshot: string): Promise<boolean>
  /** What refs of a kind keep, and since when. */
  refs(under: Committing['under']): Promise<{ id: string; since: number }[]>
  /** The same with what their messages say, the newest first. */
  messages(under: Committing['under']): Promise<{ id: string; since: number; message: unknown }[]>
  /** Lets refs go, and a day later what only they kept. */
  drop(refs: readonly { id: string; under: Committing['under'] }[]): Promise<void>
}

/** The tree without files. */
export const NOTHING = '4b825dc642cb6eb9a060e54bf8d69288fbee4904'

/** The id that git gives a content. */
export function idOf(content: Buffer): string {
  return createHash('sha1').update(`blob ${content.length}\0`).update(content).digest('hex')
}

/**
 * The repository of a workspace in `directory`, made if it is missing.
 * @throws RuntimeError SNAPSHOT_FAILED where git is missing, or `directory` and the workspace are not apart
 */
export async function openRepository(
  workspace: string,
  { directory, env, signal }: { directory: string; env: NodeJS.ProcessEnv; signal?: AbortSignal | undefined }
): Promise<Repository> {
  await mkdir(directory, { recursive: true, mode: 0o700 })
  const place = await realpath(directory)
  if (isWithin(workspace, place) || isWithin(place, workspace))
    throw new RuntimeError('SNAPSHOT_FAILED', `the snapshots of ${workspace} cannot be kept in ${place}: not apart`)
  const program = await findGit(env, workspace)
  const repository = join(place, createHash('sha256').update(workspace).digest('hex').slice(0, 32))
  const at = (there: string) => gitAt(there, { program, env })
  if (!(await stat(repository).catch(() => undefined))) await make(repository, { workspace, at, signal })
  return repositoryAt(repository, at(repository))
}

/** Whole or not at all: of two processes that make it at once, one is too late and finds the other's. */
async function make(
  repository: string,
  { workspace, at, signal }: { workspace: string; at: (directory: string) => Git; signal: AbortSignal | undefined }
): Promise<void> {
  const temporary = `${repository}.${randomUUID()}`
  await mkdir(temporary, { mode: 0o700 })
  try {
    await at(temporary).read(['init', '--quiet', '--bare', '--template=', '--object-format=sha1'], { signal })
    await writeFile(join(temporary, 'workspace'), `${workspace}\n`)
    await rename(temporary, repository).catch(async (error) => {
      if (!(await stat(repository).catch(() => undefined))) throw error
    })
  } finally {
    await rm(temporary, { recursive: true, force: true })
  }
}

function repositoryAt(directory: string, git: Git): Repository {
  let commits = 0
  void packed()

  /** Many small objects become one large, beside whatever is going on. */
  async function packed(): Promise<void> {
    const some = await readdir(join(directory, 'objects', SAMPLE)).catch(() => [])
    if (some.length > MANY) await git.read(['repack', '-d', '-l', '-q']).catch(() => {})
  }

  async function commit({ base, writes, message, under, signal }: Committing): Promise<Committed> {
    const scratch = `refs/scratch/${randomUUID()}`
    const talk = git.talk(['fast-import', '--quiet', '--force', '--done', '--depth=0'], { signal })
    try {
      const changes: Buffer[] = []
      let mark = 1
      for await (const write of writes) {
        if ('content' in write) await talk.say(blob(++mark, write.content))
        changes.push(changeLine(write, mark))
      }
      await talk.say(Buffer.concat([Buffer.from(commitHead(scratch, { message: message(), base })), ...changes, END]))
      await talk.say('get-mark :1\nls :1 ""\n')
      const id = await talk.line()
      const tree = (await talk.line()).slice(TREE_AT, TREE_AT + NO_ID.length)
      const ref = `refs/${under}/${id}`
      await talk.say(`reset ${ref}\nfrom :1\n\ndone\n`)
      await talk.end().catch((error) => keep(ref, { id, error }))
      if (++commits % LOOK_EVERY === 0) void packed()
      return { id, tree }
    } finally {
      await talk.stop()
      // Not by git, which would lock all refs for it.
      await rm(join(directory, scratch), { force: true })
    }
  }

  /** What was written is there, and only its ref could not be set: another process was at it, or died there. */
  async function keep(ref: string, { id, error }: { id: string; error: unknown }): Promise<void> {
    await unlock(`${ref}.lock`)
    await git.read(['update-ref', ref, id]).catch(async () => {
      const kept = await git.read(['rev-parse', '--quiet', '--verify', ref]).catch(() => Buffer.alloc(0))
      if (kept.toString().trim() !== id) throw error
    })
  }

  async function unlock(name: string): Promise<void> {
    const lock = join(directory, name)
    const locked = await stat(lock).catch(() => undefined)
    if (locked && locked.mtimeMs < (await now()) - ABANDONED_MS) await rm(lock, { force: true })
  }

  async function treeOf(id: string): Promise<string> {
    if (!ID.test(id)) unknownSnapshot(id)
    const tree = await git.read(['rev-parse', '--quiet', '--verify', `${id}^{tree}`]).catch(() => unknownSnapshot(id))
    return tree.toString().trim()
  }

  async function between(from: string, to: string): Promise<Step[]> {
    const trees = await Promise.all([from, to].map(treeOf))
    return stepsIn(await git.read(['diff-tree', '-r', '-z', '--raw', '--no-renames', '--no-abbrev', ...trees]))
  }

  async function message(id: string): Promise<unknown> {
    if (!ID.test(id)) unknownSnapshot(id)
    const commit = await git.read(['cat-file', 'commit', id]).catch(() => unknownSnapshot(id))
    return JSON.parse(commit.subarray(commit.indexOf('\n\n') + 2).toString())
  }

  function contents() {
    const talk = git.talk(['cat-file', '--batch'])
    return {
      async of(id: string): Promise<Buffer> {
        if (!ID.test(id)) unknownSnapshot(id)
        await talk.say(`${id}\n`)
        const [, , size] = (await talk.line()).split(' ')
        if (size === undefined)
          throw new RuntimeError('SNAPSHOT_FAILED', `the content ${id} is missing in ${directory}`)
        return (await talk.bytes(Number(size) + 1)).subarray(0, -1)
      },
      close: () => talk.stop()
    }
  }

  async function now(): Promise<number> {
    const file = join(directory, 'clock')
    await writeFile(file, '')
    return (await stat(file)).mtimeMs
  }

  async function renew(id: string): Promise<boolean> {
    const at = (await now()) / 1000
    return utimes(join(directory, `refs/snapshots/${id}`), at, at).then(...yesOrNo)
  }

  /** 0 where it is in no file of its own any more: then it has been there for long. */
  async function sinceOf(ref: string): Promise<number> {
    return (await stat(join(directory, ref)).catch(() => undefined))?.mtimeMs ?? 0
  }

  async function refs(under: string): Promise<{ id: string; since: number }[]> {
    const listed = await git.read(['for-each-ref', '--format=%(objectname)', `refs/${under}/`])
    const ids = listed.toString().split('\n').filter(Boolean)
    return Promise.all(ids.map(async (id) => ({ id, since: await sinceOf(`refs/${under}/${id}`) })))
  }

  /** A message is JSON, and so one line. */
  async function messages(under: string) {
    const listed = await git.read(['for-each-ref', '--format=%(objectname)%(contents:subject)', `refs/${under}/`])
    const lines = listed.toString().split('\n').filter(Boolean)
    const found = lines.map(async (line) => {
      const id = line.slice(0, NO_ID.length)
      return { id, since: await sinceOf(`refs/${under}/${id}`), message: JSON.parse(line.slice(id.length)) as unknown }
    })
    return (await Promise.all(found)).toSorted((one, other) => other.since - one.since)
  }

  async function drop(refs: readonly { id: string; under: string }[]): Promise<void> {
    if (refs.length === 0) return
    await unlock('packed-refs.lock')
    const talk = git.talk(['update-ref', '--stdin'])
    for (const { id, under } of refs) await talk.say(`delete refs/${under}/${id}\n`)
    await talk.end()
    await git.read(['repack', '-a', '-d', '-q', '--unpack-unreachable=1.day.ago'])
    await git.read(['prune', '--expire=1.day.ago'])
  }

  async function skipped(snapshot: string): Promise<readonly Skipped[]> {
    const { skipped } = (await message(snapshot)) as { skipped?: readonly Skipped[] }
    return skipped ?? unknownSnapshot(snapshot)
  }

  return { directory, commit, treeOf, between, message, skipped, contents, now, renew, refs, messages, drop }
}

const yesOrNo = [() => true, () => false] as const

const ID = /^[0-9a-f]{40}$/
const NO_ID = '0'.repeat(40)
/** `040000 tree ID` is what it says of one. */
const TREE_AT = '040000 tree '.length
/** Objects are spread evenly over 256 directories: one says how many there are in all. */
const SAMPLE = '17'
const MANY = 8
const LOOK_EVERY = 64
/** No process is at one ref as long as this. */
const ABANDONED_MS = 60_000
const END = Buffer.from('\n')

function blob(mark: number, content: Buffer): Buffer {
  return Buffer.concat([Buffer.from(`blob\nmark :${mark}\ndata ${content.length}\n`), content, END])
}

/** The same for the same files at any time, of anybody: no date, no name. */
function commitHead(ref: string, { message, base }: { message: string; base: string }): string {
  const data = `data ${Buffer.byteLength(message)}\n${message}\n`
  const from = base === NOTHING ? '' : `M 040000 ${base} ""\n`
  return `commit ${ref}\nmark :1\ncommitter deputy <deputy@localhost> 0 +0000\n${data}${from}`
}

function changeLine(write: Write, mark: number): Buffer {
  if (write.mode === null) return Buffer.concat([Buffer.from('D '), quoted(write.path), END])
  const what = 'id' in write ? write.id : `:${mark}`
  return Buffer.concat([Buffer.from(`M ${write.mode} ${what} `), quoted(write.path), END])
}

/** `:MODE MODE ID ID LETTER`, then the path, each ended by a NUL. */
function stepsIn(raw: Buffer): Step[] {
  const steps: Step[] = []
  for (let at = 0; at < raw.length; ) {
    const head = raw.indexOf(0, at)
    const end = raw.indexOf(0, head + 1)
    const [fromMode, toMode, from, to] = raw.toString('latin1', at + 1, head).split(' ') as [
      string,
      string,
      string,
      string
    ]
    const path = textOf(raw.subarray(head + 1, end))
    steps.push({ path, from: versionOf(fromMode, from), to: versionOf(toMode, to) })
    at = end + 1
  }
  return steps
}

function versionOf(mode: string, id: string): FileVersion | null {
  return id === NO_ID ? null : { mode: mode as Mode, id }
}

function unknownSnapshot(id: string): never {
  throw new RuntimeError('UNKNOWN_SNAPSHOT', `there is no snapshot ${id} of this workspace here`)
}
