// A reader whose connection breaks again and again: each time it goes on after the last event that it had.
import type { AgentRuntime } from '../../runtime/agent-runtime.ts'
import type { AgentEvent } from '../../state/events.ts'
import { seeded, spread } from '../crash/seeded.ts'
import { AT_LEAST } from './eight-children.ts'

export const DISCONNECTS = 50

export interface ReadInPieces {
  readonly log: readonly AgentEvent[]
  readonly disconnects: number
}

/** The log of a tree up to the end of its root's turn. */
export async function readInPieces(
  runtime: Pick<AgentRuntime, 'events'>,
  { threadId, seed, connected }: { threadId: string; seed: number; connected?: () => void }
): Promise<ReadInPieces> {
  const breaks = new Set(spread({ count: DISCONNECTS, last: AT_LEAST, random: seeded(seed) }))
  const log: AgentEvent[] = []
  let disconnects = 0
  while (!isOver(log.at(-1), threadId)) {
    const connection = new AbortController()
    for await (const event of runtime.events(threadId, { after: log.at(-1)?.seq ?? 0, signal: connection.signal })) {
      log.push(event)
      connected?.()
      if (isOver(event, threadId)) break
      if (!breaks.has(log.length)) continue
      disconnects++
      break
    }
    connection.abort()
  }
  return { log, disconnects }
}

function isOver(event: AgentEvent | undefined, threadId: string): boolean {
  return event?.type === 'turn.finished' && event.threadId === threadId && event.outcome.status === 'completed'
}
