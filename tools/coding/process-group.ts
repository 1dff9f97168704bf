// A command runs as the leader of a group of its own, and all that it starts belongs to the group, unless it leaves (setsid).
import { readdir, readFile } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'

const POLL_MS = 20

const live = new Set<number>()
const endAll = () => {
  for (const leader of live) signalGroup(leader, 'SIGKILL')
}

/** Until what is returned is called, the group ends with this process, unasked. */
export function endsWithUs(leader: number): () => void {
  if (live.size === 0) process.on('exit', endAll)
  live.add(leader)
  return () => {
    if (live.delete(leader) && live.size === 0) process.off('exit', endAll)
  }
}

/** Ends all processes of a group: asked first, after `graceMs` without being asked. Returns when none runs any more. */
export async function endGroup(leader: number, graceMs: number): Promise<void> {
  if (!(await isRunning(leader))) return
  signalGroup(leader, 'SIGTERM')
  if (await isGoneWithin(leader, graceMs)) return
  while (await isRunning(leader)) {
    signalGroup(leader, 'SIGKILL')
    await sleep(POLL_MS)
  }
}

async function isGoneWithin(leader: number, ms: number): Promise<boolean> {
  for (let waited = 0; waited < ms; waited += POLL_MS) {
    await sleep(POLL_MS)
    if (!(await isRunning(leader))) return true
  }
  return false
}

/** Whether the signal found somebody. What we may not signal is not ours to end, and counts as nobody. */
export function signalGroup(leader: number, signal: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(-leader, signal)
  } catch {
    return false
  }
}

/**
 * Whether any process of the group runs. One that is dead but not yet fetched by its parent does not run: where the first
 * process of a container fetches nobody, it would stay for ever. Where /proc does not tell, whoever takes a signal runs.
 */
async function isRunning(leader: number): Promise<boolean> {
  if (!signalGroup(leader, 0)) return false
  const pids = (await readdir('/proc').catch(() => [])).filter(isNumber)
  const states = (await Promise.all(pids.map((pid) => stateIn(leader, pid)))).filter((state) => state !== undefined)
  return states.length === 0 || states.some((state) => state !== 'Z' && state !== 'X')
}

const isNumber = (name: string): boolean => /^\d+$/.test(name)

/** The state of a process, if it belongs to the group. */
async function stateIn(leader: number, pid: string): Promise<string | undefined> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '')
  const [state, , group] = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return group === String(leader) ? state : undefined
}
