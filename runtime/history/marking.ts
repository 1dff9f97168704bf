// What the journal keeps of each checkpoint, from what LangGraph's stream `checkpoints` tells of it.
//
// M1. Rows of one tree are in the order in which its checkpoints came to be, over all its threads. So the row of a parent's
//     checkpoint says at which checkpoint each child stood then: at the last one that has its row before it.
// M2. They go to the journal with whatever is kept next, and with the end of the run at the latest: they cost no transaction of
//     their own. What a process that dies takes along is the end of that order, and is read from the checkpoints again.
import type { Clock } from '../../state/context.ts'
import type { Mark } from '../../state/marks.ts'
import type { ThreadRecord } from '../../state/threads.ts'
import type { Teller } from '../events.ts'

/** A checkpoint as LangGraph tells of it, or as it is read back. */
export interface ToldCheckpoint {
  readonly config: { readonly configurable?: Record<string, unknown> }
  readonly parentConfig?: { readonly configurable?: Record<string, unknown> } | undefined
  readonly metadata?: { readonly source?: string; readonly step?: number } | undefined
  readonly values: unknown
  readonly next: readonly string[]
}

export interface MarkingParts {
  readonly told: Pick<Teller, 'defer'>
  readonly clock: Clock
  /** With `exit` only the last checkpoint of a run is stored. */
  readonly durability: 'sync' | 'async' | 'exit'
  /** Reads what the journal has missed of the tree, where it does not know this checkpoint. */
  missed(thread: ThreadRecord, checkpointId: string): Promise<readonly Mark[]>
}

/** Hears of the checkpoints of one run. */
export interface Marking {
  heard(checkpoint: ToldCheckpoint): Promise<void>
  /** No more is to come. */
  ended(): void
}

export function marking(thread: ThreadRecord, { told, clock, durability, missed }: MarkingParts): Marking {
  let latest: Mark | undefined
  const keep = (mark: Mark) => told.defer({ row: { kind: 'checkpoint', mark } })

  return {
    async heard(checkpoint) {
      const mark = markOf(checkpoint, { thread, ran: latest?.next ?? [], at: clock.now() })
      if (!latest && mark.parentCheckpointId) (await missed(thread, mark.parentCheckpointId)).forEach(keep)
      latest = mark
      if (durability !== 'exit') keep(mark)
    },
    ended() {
      if (latest && durability === 'exit') keep(latest)
    }
  }
}

/** `ran`: the nodes that the checkpoint before it said come next. */
export function markOf(
  { config, parentConfig, metadata, values, next }: ToldCheckpoint,
  { thread, ran, at }: { thread: ThreadRecord; ran: readonly string[]; at: number }
): Mark {
  const { threadId, rootThreadId, agent, path } = thread
  const messages = messagesIn(values)
  return {
    threadId,
    checkpointId: idIn(config) ?? '',
    rootThreadId,
    parentCheckpointId: idIn(parentConfig) ?? null,
    agent,
    path,
    step: metadata?.step ?? -1,
    source: metadata?.source ?? '',
    nodes: [...new Set(ran)],
    next: [...new Set(next)],
    messages: messages.length,
    last: headOf(messages.at(-1)),
    at
  }
}

const idIn = (config: ToldCheckpoint['parentConfig']) => config?.configurable?.checkpoint_id as string | undefined

function messagesIn(values: unknown): readonly unknown[] {
  const { messages } = (values ?? {}) as { messages?: unknown }
  return Array.isArray(messages) ? messages : []
}

const HEAD = 120

function headOf(message: unknown): string {
  const { text } = (message ?? {}) as { text?: unknown }
  return typeof text === 'string' ? text.slice(0, HEAD) : ''
}
