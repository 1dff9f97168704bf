import type { Clock } from '../state/context.ts'
import type { AgentEvent, EventBody, EventOrigin } from '../state/events.ts'

type Listener = (event: AgentEvent) => void
type Source = Pick<EventOrigin, 'path' | 'threadId' | 'rootThreadId' | 'runId'>

/** Numbers the events of each tree and hands them to whoever listens. */
export interface EventHub {
  emit(source: Source, body: EventBody): void
  /** Events of a tree from now on. Returns the function that ends it. */
  listen(rootThreadId: string, listener: Listener): () => void
  /** The events of a tree from now on, kept until they are read; iterating ends once `end` was called and all is read. */
  follow(rootThreadId: string): EventFeed
}

export interface EventFeed extends AsyncIterable<AgentEvent> {
  end(): void
}

export function eventHub(clock: Clock): EventHub {
  const sequences = new Map<string, number>()
  const listeners = new Map<string, Set<Listener>>()

  const listen: EventHub['listen'] = (rootThreadId, listener) => {
    const mine = listeners.get(rootThreadId) ?? new Set()
    listeners.set(rootThreadId, mine.add(listener))
    return () => void mine.delete(listener)
  }

  return {
    listen,
    emit(source, body) {
      const seq = (sequences.get(source.rootThreadId) ?? 0) + 1
      sequences.set(source.rootThreadId, seq)
      const event = { seq, at: clock.now(), ...source, ...body } as AgentEvent
      for (const listener of listeners.get(source.rootThreadId) ?? []) listener(event)
    },
    follow(rootThreadId) {
      const queue: AgentEvent[] = []
      let ended = false
      let wake = () => {}
      const stop = listen(rootThreadId, (event) => {
        queue.push(event)
        wake()
      })
      return {
        end() {
          ended = true
          stop()
          wake()
        },
        async *[Symbol.asyncIterator]() {
          while (true) {
            yield* queue.splice(0)
            if (queue.length > 0) continue
            if (ended) return
            await new Promise<void>((resolve) => {
              wake = resolve
            })
          }
        }
      }
    }
  }
}
