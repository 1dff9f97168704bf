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

/** What the kernel itself counts, process by process, as arguments of prlimit. `--data` leaves out what is only reserved. */
export function prlimitArgs({ cpuSeconds, memoryMb, fileMb }: SandboxLimits): string[] {
  return [`--cpu=${cpuSeconds}`, `--data=${bytesIn(memoryMb)}`, `--fsize=${bytesIn(fileMb)}`, '--core=0']
}
