import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import { atEnd } from '../support/at-end.ts'
import { builtFile } from '../support/built.ts'
import { makeTempDir } from '../support/temp-dir.ts'

const REPOSITORY = join(import.meta.dirname, '../..')
/** How the command is started, for a shell that starts it. */
export const NODE_ARGS: readonly string[] = [builtFile(join(REPOSITORY, 'cli/main.ts'))]
export const AGENTS = builtFile(join(import.meta.dirname, 'fixtures/agents.ts'))

export interface Ended {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** A run of the command that has not ended. */
export interface Started {
  readonly child: ChildProcess
  readonly stdout: () => string
  readonly ended: Promise<Ended>
}

/** A directory with a store of its own, and the command started there. */
export interface Place {
  readonly dir: string
  /** Where the files of workspaces are kept. */
  readonly snapshots: string
  /** Until it has ended. */
  deputy(...args: string[]): Promise<Ended>
  start(...args: string[]): Started
  /** The marks that agents left. */
  stamps(): string[]
}

export async function place(env: Record<string, string> = {}): Promise<Place> {
  const { path: dir, remove } = await makeTempDir()
  const { path: snapshots, remove: removeSnapshots } = await makeTempDir()
  atEnd(remove)
  atEnd(removeSnapshots)

  function start(...args: string[]): Started {
    const child = spawn(process.execPath, [...NODE_ARGS, ...args], {
      cwd: dir,
      env: envWith({ DEPUTY_SNAPSHOTS: snapshots, XDG_CONFIG_HOME: join(dir, '.config'), ...env }),
      stdio: ['ignore', 'pipe', 'pipe']
    })
    atEnd(() => void child.kill('SIGKILL'))
    const stdout = gathered(child.stdout)
    const stderr = gathered(child.stderr)
    const ended = new Promise<Ended>((resolve) =>
      child.on('close', (code) => resolve({ code, stdout: stdout(), stderr: stderr() }))
    )
    return { child, stdout, ended }
  }

  return {
    dir,
    snapshots,
    start,
    deputy: (...args) => start(...args).ended,
    stamps() {
      const file = join(dir, 'stamped.txt')
      return existsSync(file) ? readFileSync(file, 'utf8').split('\n').filter(Boolean) : []
    }
  }
}

/** What a stream has brought so far. */
export function gathered(stream: Readable): () => string {
  const pieces: string[] = []
  stream.setEncoding('utf8').on('data', (text: string) => void pieces.push(text))
  return () => pieces.join('')
}

/** Nothing of the tester's own settings, but where programs are. */
export function envWith(env: Record<string, string>): Record<string, string> {
  const { PATH = '', HOME = '' } = process.env
  return { PATH, HOME, DEPUTY_SNAPSHOTS: 'off', ...env }
}

export async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await sleep(20)
}

/** The first id that follows these words. */
export function idAfter(words: string, text: string): string {
  const found = new RegExp(`${words} ([0-9a-f-]{36})`).exec(text)?.[1]
  if (!found) throw new Error(`no id after "${words}" in:\n${text}`)
  return found
}
