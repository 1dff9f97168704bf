// C1. When a run returns, or throws, no process of its group runs any more and no timer or listener is left.
// C2. The command has ended when its leader has. What still holds its output has the grace to finish, then its group is ended;
//     a process that left the group cannot be ended, but is not waited for.
// C3. A run that is aborted throws the signal's reason, after C1 and not before.
//     Where this process ends before that, the group ends with it.
// C4. In a sandbox C1 holds for every process, wherever it went: its guard ends it first.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import type { Readable } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Argv, Confined, Guard } from '../../state/sandbox.ts'
import { endGroup, endsWithUs } from './process-group.ts'
import { stopOn } from './stop.ts'

export interface Command {
  readonly argv: Argv
  readonly cwd: string
  readonly env: NodeJS.ProcessEnv
  /** What it reads; nothing without it. Whether it does read is up to it. */
  readonly input?: string
  readonly signal: AbortSignal
  readonly timeoutMs: number
  /** How long a process that was asked to end may take. */
  readonly graceMs: number
  /** Output as it comes, in whole characters, */
  readonly onText: (text: string) => void
  /** and errors, where they are wanted apart. */
  readonly onError?: (text: string) => void
  /** What looks after the sandbox that the command line enters. */
  readonly guard?: Confined['guard']
}

export type Ending =
  | { kind: 'exited'; code: number }
  | { kind: 'killed'; signal: NodeJS.Signals }
  | { kind: 'timed-out' }
  /** It came to a limit of its sandbox. */
  | { kind: 'limited'; limit: string }

export async function runCommand(wanted: Command): Promise<Ending> {
  wanted.signal.throwIfAborted()
  const [program, ...args] = wanted.argv
  const leader = spawn(program, args, {
    cwd: wanted.cwd,
    env: wanted.env,
    detached: true,
    stdio: [wanted.input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe', wanted.guard ? 'pipe' : 'ignore']
  })
  if (leader.pid === undefined) throw await reasonOf(leader)
  const [output, errors] = [leader.stdout!, leader.stderr!]
  output.setEncoding('utf8').on('data', wanted.onText)
  errors.setEncoding('utf8').on('data', wanted.onError ?? wanted.onText)
  // One that does not read its input may be gone before all of it is written.
  leader.stdin?.on('error', () => undefined).end(wanted.input)
  const guard = wanted.guard?.(leader.stdio[3] as Readable)
  const ending = await endingOf({ leader, pid: leader.pid, guard }, wanted)
  wanted.signal.throwIfAborted()
  return ending
}

/** Why it could not be started. */
async function reasonOf(leader: ChildProcess): Promise<unknown> {
  const [reason] = await once(leader, 'error')
  return reason
}

interface Running {
  readonly leader: ChildProcess
  readonly pid: number
  readonly guard: Guard | undefined
}

async function endingOf({ leader, pid, guard }: Running, wanted: Command): Promise<Ending> {
  const { signal, timeoutMs, graceMs } = wanted
  const exited = once(leader, 'exit').then(([code, signal]) => asEnding(code, signal))
  const closed = once(leader, 'close')
  const stop = stopOn(signal, timeoutMs)
  const letGo = endsWithUs(pid)
  const limited = guard?.passed.then((limit): Ending => ({ kind: 'limited', limit }))
  try {
    const ending = await Promise.race([exited, stop.reached.then(() => TIMED_OUT), ...(limited ? [limited] : [])])
    if (ending.kind === 'limited') await guard?.end(0)
    else if (!stop.isReached()) await waitAtMost(graceMs, [closed, stop.reached])
    await guard?.end(graceMs)
    await endGroup(pid, graceMs)
    await waitAtMost(graceMs, [closed])
    return ending
  } finally {
    guard?.dispose()
    stop.dispose()
    for (const pipe of leader.stdio) pipe?.destroy()
    await closed
    letGo()
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
