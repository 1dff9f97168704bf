import type { AgentRuntime, Turn, TurnResult } from '../../runtime/agent-runtime.ts'
import type { Ask } from '../../state/asks.ts'
import type { Decision } from '../../state/decisions.ts'
import type { AgentEvent } from '../../state/events.ts'
import type { Answering } from './person.ts'

export interface Answer {
  readonly ask: Ask
  readonly decision: Decision
}

/** A turn with all that happened in it. */
export interface Finished extends TurnResult {
  readonly events: readonly AgentEvent[]
  readonly answers: readonly Answer[]
}

interface Watching {
  readonly answering: Answering
  onEvent(event: AgentEvent): void
  onAnswer(answer: Answer): void
}

/** Follows a turn to its end; whenever it waits, the oldest ask is answered and it goes on. */
export async function driveToEnd(
  { runtime, turn: first }: { runtime: AgentRuntime; turn: Turn },
  { answering, onEvent, onAnswer }: Watching
): Promise<Finished> {
  const events: AgentEvent[] = []
  const answers: Answer[] = []
  let turn = first
  while (true) {
    for await (const event of turn) {
      events.push(event)
      onEvent(event)
    }
    const result = await turn.result
    const [ask] = await runtime.openAsks(turn.threadId)
    if (result.outcome.status !== 'asking' || !ask) return { ...result, events, answers }
    const answer = { ask, decision: await answering(ask) }
    answers.push(answer)
    onAnswer(answer)
    turn = await runtime.resolveInput(ask.id, answer.decision)
  }
}
