// A turn with all its pauses: while asks come up and somebody here decides them, it goes on.
import type { AgentRuntime, Turn, TurnResult } from '../../runtime/agent-runtime.ts'
import type { Ask } from '../../state/asks.ts'
import type { Decision } from '../../state/decisions.ts'
import type { AgentEvent } from '../../state/events.ts'
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

/** Until the turn is over, or waits for decisions that nobody here makes. */
export async function drivenOn(first: Turn, { runtime, display, decide, signal }: Driving): Promise<TurnResult> {
  const rootThreadId = first.threadId
  const over = new AbortController()
  const leaving = AbortSignal.any([signal, over.signal])
  const mine = decide && desk({ decide, hand, signal: leaving })
  const climbing = climb({ runtime, rootThreadId, signal: leaving, arrived: (asks) => mine?.lay(asks) })
  const pause = () => void runtime.close()
  let seen = 0
  let latest = following(first)

  /** The turns of one tree tell the same events; each is shown once. */
  function following(turn: Turn): { turn: Turn; shown: Promise<void> } {
    if (signal.aborted) pause()
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
  }

  /** What works in the background is waited for, since nobody drives it once this process has ended. */
  async function withBackground(result: TurnResult): Promise<TurnResult> {
    await runtime.idle(rootThreadId)
    let { outcome } = result
    const before = seen
    for await (const event of runtime.events(rootThreadId, { after: seen })) {
      take(event)
      if (event.type === 'turn.finished' && event.threadId === rootThreadId) outcome = event.outcome
    }
    if (seen === before) return result
    const { usage } = await runtime.getSnapshot(rootThreadId)
    return { ...result, outcome, usage }
  }

  function forget({ id }: Ask): void {
    climbing.decided(id)
    mine?.take(id)
  }

  async function hand(ask: Ask, decision: Decision): Promise<void> {
    latest = following(await runtime.resolveInput(ask.id, decision))
    display.decided(ask, decision)
  }

  async function toRest(): Promise<TurnResult> {
    while (true) {
      const { turn, shown } = latest
      await shown
      const result = await turn.result
      if (turn !== latest.turn) continue
      if (result.outcome.status !== 'asking' || !mine || signal.aborted) return withBackground(result)
      mine.lay(result.outcome.asks)
      await mine.cleared()
      if (turn !== latest.turn) continue
      if (signal.aborted || (await areAllOpen(result.outcome.asks))) return withBackground(result)
      latest = following(await runtime.resume(rootThreadId)) // somebody else decided
    }
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
