// C1. When a run returns, or throws, no process of its group runs any more and no timer or listener is left.
// C2. The command has ended when its leader has. What still holds its output has the grace to finish, then its group is ended;
//     a process that left the group cannot be ended, but is not waited for.
// C3. A run that is aborted throws the signal's reason, after C1 and not before.
import { type ChildProcessByStdio, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import type { Readable } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import { endGroup } from './process-group.ts'
import { stopOn } from './stop.ts'

export interface Command {
  readonly command: string
  readonly cwd: string
  readonly env: NodeJS.ProcessEnv
  readonly signal: AbortSignal
  readonly timeoutMs: number
  /** How long a process that was asked to end may take. */
  readonly graceMs: number
  /** Output and errors as they come, in whole characters. */
  readonly onText: (text: string) => void
}

export type Ending =
  | { kind: 'exited'; code: number }
  | { kind: 'killed'; signal: NodeJS.Signals }
  | { kind: 'timed-out' }

export async function runCommand(wanted: Command): Promise<Ending> {
  wanted.signal.throwIfAborted()
  const leader = spawn(existsSync('/bin/bash') ? '/bin/bash' : '/bin/sh', ['-c', wanted.command], {
    cwd: wanted.cwd,
    env: wanted.env,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe']
  })
  if (leader.pid === undefined) throw await reasonOf(leader)
  for (const pipe of [leader.stdout, leader.stderr]) pipe.setEncoding('utf8').on('data', wanted.onText)
  const ending = await endingOf({ leader, pid: leader.pid }, wanted)
  wanted.signal.throwIfAborted()
  return ending
}

type Leader = ChildProcessByStdio<null, Readable, Readable>

/** Why it could not be started. */
async function reasonOf(leader: Leader): Promise<unknown> {
  const [reason] = await once(leader, 'error')
  return reason
}

async function endingOf({ leader, pid }: { leader: Leader; pid: number }, wanted: Command): Promise<Ending> {
  const { signal, timeoutMs, graceMs } = wanted
  const exited = once(leader, 'exit').then(([code, signal]) => asEnding(code, signal))
  const closed = once(leader, 'close')
  const stop = stopOn(signal, timeoutMs)
  try {
    const ending = await Promise.race([exited, stop.reached.then(() => TIMED_OUT)])
    if (!stop.isReached()) await waitAtMost(graceMs, [closed, stop.reached])
    await endGroup(pid, graceMs)
    await waitAtMost(graceMs, [closed])
    return ending
  } finally {
    stop.dispose()
    leader.stdout.destroy()
    leader.stderr.destroy()
    await closed
  }
}

const TIMED_OUT: Ending = { kind: 'timed-out' }

function asEnding(code: number, signal: NodeJS.Signals | null): Ending {
  return signal === null ? { kind: 'exited', code } : { kind: 'killed', signal }
}

/** Waits for the first of them, but not for ever; leaves no timer. */
async function waitAtMost(ms: number, events: readonly Promise<unknown>[]): Promise<void> {
  const over = new AbortController()
  await Promise.race([...events, sleep(ms, undefined, { signal: over.signal })])
  over.abort()
}
