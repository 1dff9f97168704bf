// G1. Only the program that was found outside the workspace is run, and with no configuration but ours: no hook, filter, alias
//     or monitor of the person, the machine or the workspace has a say.
// G2. Of the environment no GIT_* gets through, so nothing leads us to another repository.
// G3. A process that was given up is killed, and has ended when the call returns.
import { type ChildProcessByStdio, spawn } from 'node:child_process'
import { once } from 'node:events'
import { constants } from 'node:fs'
import { access, realpath } from 'node:fs/promises'
import { delimiter, isAbsolute, join } from 'node:path'
import type { Readable, Writable } from 'node:stream'
import { RuntimeError } from '../../state/errors.ts'
import { isWithin } from './within.ts'

/** The git of this machine, working on one repository. */
export interface Git {
  /** What a command prints. @throws RuntimeError SNAPSHOT_FAILED where it fails */
  read(args: readonly string[], how?: { signal?: AbortSignal | undefined }): Promise<Buffer>
  /** A conversation with a command. */
  talk(args: readonly string[], how?: { signal?: AbortSignal | undefined }): Talk
}

export interface Talk {
  /** Waits while the command is slower than we are. */
  say(words: string | Buffer): Promise<void>
  /** The next line of its answer, without its end. */
  line(): Promise<string>
  bytes(count: number): Promise<Buffer>
  /** Waits for its end, and gives what it printed beyond what was read. */
  end(): Promise<Buffer>
  /** Ends it, whatever it is at; a second call, or one after its end, changes nothing. */
  stop(): Promise<void>
}

const SETTINGS: readonly (readonly [string, string])[] = [
  ['core.hooksPath', '/dev/null'],
  ['core.attributesFile', '/dev/null'],
  ['core.excludesFile', '/dev/null'],
  ['core.fsmonitor', 'false'],
  ['core.autocrlf', 'false'],
  ['core.protectNTFS', 'false'],
  ['core.protectHFS', 'false'],
  ['core.logAllRefUpdates', 'false'],
  ['core.compression', '1'],
  ['gc.auto', '0'],
  ['maintenance.auto', 'false']
]

/**
 * The git on the path, but none that lies in the workspace.
 * @throws RuntimeError SNAPSHOT_FAILED where there is none
 */
export async function findGit(env: NodeJS.ProcessEnv, workspace: string): Promise<string> {
  for (const directory of placesOf(env)) {
    const program = join(directory, 'git')
    const real = await Promise.all([realpath(directory), realpath(program)]).catch(() => [])
    if (real.length === 0 || real.some((path) => isWithin(workspace, path))) continue
    if (await access(program, constants.X_OK).then(...yesOrNo)) return program
  }
  throw new RuntimeError('SNAPSHOT_FAILED', 'git is not installed, or not on the PATH')
}

const yesOrNo = [() => true, () => false] as const

function placesOf(env: NodeJS.ProcessEnv): string[] {
  return (env.PATH ?? '').split(delimiter).filter((directory) => isAbsolute(directory))
}

export function gitAt(repository: string, { program, env }: { program: string; env: NodeJS.ProcessEnv }): Git {
  const clean = cleanEnv(repository, env)

  function talk(args: readonly string[], { signal }: { signal?: AbortSignal | undefined } = {}): Talk {
    signal?.throwIfAborted()
    const child = spawn(program, args, { cwd: repository, env: clean, stdio: ['pipe', 'pipe', 'pipe'] })
    return conversation(child, { name: args[0]!, signal })
  }

  return {
    talk,
    async read(args, how) {
      return talk(args, how).end()
    }
  }
}

/** Ours, without what is meant for another git, or would lead to another repository. */
export function cleanEnv(repository: string, env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const kept = Object.entries(env).filter(([name]) => !name.toUpperCase().startsWith('GIT_'))
  const settings = SETTINGS.flatMap(([key, value], at) => [
    [`GIT_CONFIG_KEY_${at}`, key],
    [`GIT_CONFIG_VALUE_${at}`, value]
  ])
  return {
    ...Object.fromEntries(kept),
    PATH: placesOf(env).join(delimiter),
    LC_ALL: 'C',
    GIT_DIR: repository,
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_CONFIG_SYSTEM: '/dev/null',
    GIT_CONFIG_GLOBAL: '/dev/null',
    GIT_ATTR_NOSYSTEM: '1',
    GIT_NO_REPLACE_OBJECTS: '1',
    GIT_DEFAULT_REF_FORMAT: 'files',
    GIT_TERMINAL_PROMPT: '0',
    GIT_CONFIG_COUNT: String(SETTINGS.length),
    ...Object.fromEntries(settings)
  }
}

type Child = ChildProcessByStdio<Writable, Readable, Readable>

function conversation(child: Child, { name, signal }: { name: string; signal: AbortSignal | undefined }): Talk {
  const answer = child.stdout[Symbol.asyncIterator]()
  let unread: Buffer = Buffer.alloc(0)
  let complaint = ''
  let isStopped = false
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    complaint = (complaint + text).slice(-COMPLAINT)
  })
  // A command that ends early is told of by its exit, not by the pipe that it leaves.
  child.stdin.on('error', () => {})
  const kill = () => void child.kill('SIGKILL')
  signal?.addEventListener('abort', kill, { once: true })
  const ended = new Promise<{ code: number | null; error?: unknown }>((resolve) => {
    child.once('error', (error) => resolve({ code: null, error }))
    child.once('close', (code) => resolve({ code }))
  }).finally(() => signal?.removeEventListener('abort', kill))

  /** Reads on; false at the end of the answer. */
  async function more(): Promise<boolean> {
    const { done, value } = await answer.next()
    if (!done) unread = Buffer.concat([unread, value as Buffer])
    return !done
  }

  async function failure(): Promise<RuntimeError> {
    const { code, error } = await ended
    signal?.throwIfAborted()
    const why = complaint.trim() || `it ended with ${code}`
    return new RuntimeError('SNAPSHOT_FAILED', `git ${name} failed: ${why}`, { cause: error })
  }

  async function line(): Promise<string> {
    let end = unread.indexOf(NEWLINE)
    while (end < 0) {
      if (!(await more())) throw await failure()
      end = unread.indexOf(NEWLINE)
    }
    const text = unread.toString('utf8', 0, end)
    unread = unread.subarray(end + 1)
    return text
  }

  async function bytes(count: number): Promise<Buffer> {
    const pieces: Buffer[] = []
    let missing = count
    while (missing > 0) {
      if (unread.length === 0 && !(await more())) throw await failure()
      const piece = unread.subarray(0, missing)
      pieces.push(piece)
      unread = unread.subarray(piece.length)
      missing -= piece.length
    }
    return Buffer.concat(pieces)
  }

  async function say(words: string | Buffer): Promise<void> {
    if (child.stdin.destroyed || child.stdin.write(words)) return
    await Promise.race([once(child.stdin, 'drain').catch(() => {}), ended])
    signal?.throwIfAborted()
  }

  async function end(): Promise<Buffer> {
    child.stdin.end()
    const pieces = [unread]
    for (let next = await answer.next(); !next.done; next = await answer.next()) pieces.push(next.value as Buffer)
    const { code } = await ended
    if (code !== 0 && !isStopped) throw await failure()
    return Buffer.concat(pieces)
  }

  async function stop(): Promise<void> {
    isStopped = true
    kill()
    child.stdout.resume()
    await ended
  }

  return { say, line, bytes, end, stop }
}

const NEWLINE = 0x0a
/** As much of what git complains of as anybody reads. */
const COMPLAINT = 2000
