// A turn with all its pauses: while asks come up and somebody here decides them, it goes on.
import { isDeepStrictEqual } from 'node:util'
import type { AgentRuntime, Turn, TurnResult } from '../../runtime/agent-runtime.ts'
import type { Ask } from '../../state/asks.ts'
import type { Decision } from '../../state/decisions.ts'
import type { AgentEvent } from '../../state/events.ts'
import type { Outcome } from '../../state/outcome.ts'
import { climb } from './climb.ts'
import type { Decide } from './decide.ts'
import { desk } from './desk.ts'
import type { Display } from './display.ts'

export interface Driving {
  readonly runtime: AgentRuntime
  readonly display: Display
  /** Where there is nobody to decide, asks stay open. */
  readonly decide: Decide | undefined
  /** Aborted, everything that runs is paused. */
  readonly signal: AbortSignal
}

/** How a turn ended, and what of its tree waits for a decision then: also a root whose turn is over may have tasks that ask. */
export interface Rested extends TurnResult {
  readonly waiting: readonly Ask[]
}

/** Until the turn is over, and its background tasks are, or they wait for decisions that nobody here makes. */
export async function drivenOn(first: Turn, { runtime, display, decide, signal }: Driving): Promise<Rested> {
  const rootThreadId = first.threadId
  const over = new AbortController()
  const leaving = AbortSignal.any([signal, over.signal])
  const mine = decide && desk({ decide, hand, signal: leaving })
  const climbing = climb({ runtime, rootThreadId, signal: leaving, arrived: (asks) => mine?.lay(asks) })
  const pause = () => void runtime.close()
  let seen = 0
  /** How the root's last turn ended that was told of since the latest here was taken on. */
  let ended: Outcome | undefined
  let latest = following(first)
  /** A decision that is on record, it may be, before the turn that goes on with it is known here. */
  let handing: Promise<void> = Promise.resolve()

  /** The turns of one tree tell the same events; each is shown once. */
  function following(turn: Turn): { turn: Turn; shown: Promise<void> } {
    if (signal.aborted) pause()
    ended = undefined
    return { turn, shown: show(turn) }
  }

  async function show(turn: Turn): Promise<void> {
    for await (const event of turn) take(event)
  }

  function take(event: AgentEvent): void {
    if (event.seq <= seen) return
    seen = event.seq
    display.take(event)
    if (event.type === 'ask.opened') climbing.opened(event.ask)
    if (event.type === 'ask.decided') forget(event.ask)
    if (event.type === 'turn.finished' && event.threadId === rootThreadId) ended = event.outcome
  }

  /** What works in the background is waited for, since nobody drives it once this process has ended. */
  async function withBackground(result: TurnResult): Promise<TurnResult> {
    await runtime.idle(rootThreadId)
    for await (const event of runtime.events(rootThreadId, { after: seen })) take(event)
    if (!ended || isDeepStrictEqual(ended, result.outcome)) return result
    const { usage } = await runtime.getSnapshot(rootThreadId)
    return { ...result, outcome: ended, usage }
  }

  function forget({ id }: Ask): void {
    climbing.decided(id)
    mine?.take(id)
  }

  async function hand(ask: Ask, decision: Decision): Promise<void> {
    handing = runtime.resolveInput(ask.id, decision).then((turn) => {
      latest = following(turn)
    })
    await handing
    display.decided(ask, decision)
  }

  async function toRest(): Promise<Rested> {
    while (true) {
      const { turn, shown } = latest
      await shown
      const { outcome, ...result } = await turn.result
      if (turn !== latest.turn) continue
      if (outcome.status === 'asking') mine?.lay(outcome.asks)
      const rested = await waitingAfter(await withBackground({ outcome, ...result }))
      await handing.catch(() => {}) // whoever hands it over is told
      if (turn !== latest.turn) continue
      if (rested.waiting.length === 0 || !mine || signal.aborted) return rested
      mine.lay(rested.waiting)
      await mine.cleared()
      if (turn !== latest.turn) continue
      if (signal.aborted || (await areAllOpen(rested.waiting))) return rested
      latest = following(await runtime.resume(rootThreadId)) // somebody else decided
    }
  }

  async function waitingAfter(result: TurnResult): Promise<Rested> {
    const { status } = result.outcome
    const mayWait = status === 'asking' || status === 'completed'
    return { ...result, waiting: mayWait ? await runtime.openAsks(rootThreadId) : [] }
  }

  async function areAllOpen(asks: readonly Ask[]): Promise<boolean> {
    const open = new Set((await runtime.openAsks(rootThreadId)).map(({ id }) => id))
    return asks.every(({ id }) => open.has(id))
  }

  signal.addEventListener('abort', pause)
  try {
    return await toRest()
  } finally {
    signal.removeEventListener('abort', pause)
    over.abort()
  }
}
