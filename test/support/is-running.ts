import { readFileSync } from 'node:fs'

/** Whether a process runs. A dead one that nobody has fetched yet still answers to its id. */
export function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'))
  } catch {
    return false
  }
}
