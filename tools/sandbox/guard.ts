// G1. The first process of a sandbox takes all others with it when it dies, also those that left their group, session or parent.
// G2. It is known by when it began as well, so that a pid that has been given to somebody else by now is never signalled.
// G3. Processes and memory are counted from outside, for all in the sandbox together: the kernel's own limit for processes counts
//     nothing for root, and threads for others. Between two looks more can come to be than is allowed; it ends then all the same.
import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import type { Readable } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Guard } from '../../state/sandbox.ts'
import type { SandboxLimits } from './limits.ts'

const LOOK_MS = 50
const PAGE_BYTES = 4096

export function guardOf(info: Readable, limits: SandboxLimits): Guard {
  let first: Known | undefined
  let said = ''
  info.setEncoding('utf8').on('data', (text: string) => {
    said += text
    first ??= knownBy(childPidIn(said))
  })
  // Who reads a pipe that breaks has nothing more to learn from it.
  info.on('error', () => undefined)
  const isThere = (): number | undefined => (first && beganOf(first.pid) === first.began ? first.pid : undefined)
  let timer: NodeJS.Timeout | undefined
  const passed = new Promise<string>((resolve) => {
    timer = setInterval(() => {
      const pid = isThere()
      const limit = pid && limitPassed(pid, limits)
      if (limit) resolve(limit)
    }, LOOK_MS)
  })
  return {
    passed,
    async end(graceMs) {
      const asked = isThere()
      if (asked === undefined) return
      for (const pid of allWith(asked)) if (pid !== asked) signal(pid, 'SIGTERM')
      for (let waited = 0; waited < graceMs && isThere(); waited += LOOK_MS / 2) await sleep(LOOK_MS / 2)
      while (isThere()) {
        signal(asked, 'SIGKILL')
        await sleep(LOOK_MS / 10)
      }
    },
    dispose: () => clearInterval(timer)
  }
}

function childPidIn(said: string): number | undefined {
  const found = /"child-pid":\s*(\d+)/.exec(said)
  return found ? Number(found[1]) : undefined
}

interface Known {
  readonly pid: number
  /** In ticks since the machine was started. */
  readonly began: string
}

function knownBy(pid: number | undefined): Known | undefined {
  const began = pid === undefined ? undefined : beganOf(pid)
  return pid !== undefined && began !== undefined ? { pid, began } : undefined
}

/** When a process that runs began. The first of a sandbox is dead only when all others are. */
function beganOf(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return fields[0] === 'Z' || fields[0] === 'X' ? undefined : fields[19]
  } catch {
    return undefined
  }
}

function limitPassed(first: number, limits: SandboxLimits): string | undefined {
  const inside = `/proc/${first}/root/proc`
  const pids = pidsIn(inside)
  if (pids.length > limits.processes) return `more than ${limits.processes} processes`
  const pages = pids.reduce((sum, pid) => sum + pagesOf(`${inside}/${pid}/statm`), 0)
  return pages * PAGE_BYTES > limits.memoryMb * 1024 * 1024 ? `more than ${limits.memoryMb} MB of memory` : undefined
}

function pidsIn(proc: string): string[] {
  try {
    return readdirSync(proc).filter((name) => /^\d+$/.test(name))
  } catch {
    return []
  }
}

/** What it holds and shares with nobody: the second number is all it holds, the third what it shares. */
function pagesOf(statm: string): number {
  try {
    const [, held = 0, shared = 0] = readFileSync(statm, 'utf8').split(' ').map(Number)
    return held - shared
  } catch {
    return 0
  }
}

/** All processes in the same sandbox, by the pids that we know them by. */
function allWith(first: number): number[] {
  const space = pidSpaceOf(first)
  if (space === undefined) return []
  return pidsIn('/proc')
    .map(Number)
    .filter((pid) => pidSpaceOf(pid) === space)
}

function pidSpaceOf(pid: number): string | undefined {
  try {
    return readlinkSync(`/proc/${pid}/ns/pid`)
  } catch {
    return undefined
  }
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name)
  } catch {
    // It has ended meanwhile.
  }
}
