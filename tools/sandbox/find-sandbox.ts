// F1. A sandbox is one that has been entered once: a program that is there but may make no namespaces is none.
// F2. The programs are looked for where the system has them and nowhere else. A workspace can put itself before them in PATH, as
//     `npm run` does with node_modules/.bin.
import { spawnSync } from 'node:child_process'
import { accessSync, constants, mkdtempSync, realpathSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Argv } from '../../state/sandbox.ts'
import { bubblewrapArgv, type Programs } from './bubblewrap-args.ts'
import { SandboxLimits } from './limits.ts'

export type FoundPrograms = { readonly programs: Programs } | { readonly reason: string }

export interface LookFor {
  readonly platform?: NodeJS.Platform
  /** Where programs are looked for. */
  readonly directories?: readonly string[]
}

const DIRECTORIES = ['/usr/bin', '/bin', '/usr/local/bin', '/run/current-system/sw/bin']

/** What it takes to make sandboxes on this machine, or why there are none. Tries it: a matter of some ten milliseconds. */
export function findPrograms({ platform = process.platform, directories = DIRECTORIES }: LookFor = {}): FoundPrograms {
  if (platform !== 'linux') return { reason: `there is no sandbox for ${platform}` }
  const bwrap = programIn(directories, 'bwrap')
  if (!bwrap) return { reason: 'bubblewrap is not installed' }
  const prlimit = programIn(directories, 'prlimit')
  if (!prlimit) return { reason: 'prlimit is not installed' }
  return tried({ bwrap, prlimit })
}

let found: FoundPrograms | undefined

/** The same, looked for once in the life of this process. */
export function programsHere(): FoundPrograms {
  found ??= findPrograms()
  return found
}

function programIn(directories: readonly string[], name: string): string | undefined {
  return directories.map((directory) => join(directory, name)).find(isProgram)
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}

function tried(programs: Programs): FoundPrograms {
  const workspace = realpathSync(mkdtempSync(join(tmpdir(), 'deputy-sandbox-')))
  try {
    const limits = SandboxLimits.parse({})
    const [program, ...args]: Argv = bubblewrapArgv(
      { argv: ['true'], workspace, cwd: workspace },
      { programs, limits, readable: [] }
    )
    const result = spawnSync(program, args, {
      env: { PATH: '/usr/bin:/bin' },
      stdio: ['ignore', 'ignore', 'pipe', 'pipe'],
      timeout: TRY_MS
    })
    if (result.status === 0) return { programs }
    const why = result.error?.message ?? result.stderr?.toString().trim().split('\n').at(-1)
    return {
      reason: `bubblewrap can make no sandbox here: ${why || `it ended with ${result.status ?? result.signal}`}`
    }
  } finally {
    rmSync(workspace, { recursive: true, force: true })
  }
}

const TRY_MS = 10_000
