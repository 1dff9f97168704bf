import { release } from 'node:os'
import { z } from 'zod'

const MB = 1024 * 1024
const Count = z.number().int().positive()

/** What everything in one sandbox may use. */
export const SandboxLimits = z.object({
  /** Seconds of computing, of each process. */
  cpuSeconds: Count.default(600),
  /** Megabytes of memory: what one process may take, and what all of them may hold together. */
  memoryMb: Count.default(4096),
  /** Processes at once. */
  processes: Count.default(512),
  /** Megabytes of one file. */
  fileMb: Count.default(2048),
  /** Megabytes of each of its private directories, as /tmp, which are memory. */
  temporaryMb: Count.default(1024)
})
export type SandboxLimits = z.infer<typeof SandboxLimits>

/** Megabytes as bytes, which is what programs take. */
export const bytesIn = (megabytes: number): string => String(megabytes * MB)

/** Of whom the kernel counts the processes: never of root, and for a sandbox by itself since Linux 5.14. */
export interface Counted {
  readonly uid: number | undefined
  readonly release: string
}

const HERE: Counted = { uid: process.getuid?.(), release: release() }

/** What the kernel itself counts, as arguments of prlimit. `--data` leaves out what is only reserved. */
export function prlimitArgs({ cpuSeconds, memoryMb, fileMb, processes }: SandboxLimits, counted = HERE): string[] {
  const sizes = [`--cpu=${cpuSeconds}`, `--data=${bytesIn(memoryMb)}`, `--fsize=${bytesIn(fileMb)}`, '--core=0']
  return isCounted(counted) ? [...sizes, `--nproc=${processes * THREADS_OF_ONE}`] : sizes
}

/** The kernel counts threads, and is there for what comes faster than it is looked at. */
const THREADS_OF_ONE = 8

function isCounted({ uid, release }: Counted): boolean {
  const [major = 0, minor = 0] = release.split('.').map(Number)
  return uid !== 0 && (major > 5 || (major === 5 && minor >= 14))
}
