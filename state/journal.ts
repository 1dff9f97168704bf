// The journal: durable rows beside the checkpoints. One port, one implementation per database, one conformance suite.
import type { Ask, AskRecord } from './asks.ts'
import type { OutputPort } from './context.ts'
import type { Decider, Decision } from './decisions.ts'
import type { ThreadRecord, ThreadStatus } from './threads.ts'

export interface Journal extends OutputPort {
  /** Inserts the row, or replaces all but `createdAt` of the one that is there. */
  saveThread(thread: ThreadRecord): Promise<void>
  setThreadStatus(threadId: string, status: ThreadStatus, at: number): Promise<void>
  thread(threadId: string): Promise<ThreadRecord | undefined>
  /** All threads of a tree, oldest first. */
  threadsOf(rootThreadId: string): Promise<ThreadRecord[]>
  /** Root threads, the last touched first. */
  roots(page: { limit: number }): Promise<ThreadRecord[]>

  /** Opens an ask; one that exists already, in whatever status, stays as it is. True where it is new. */
  openAsk(opening: { ask: Ask; rootThreadId: string; at: number }): Promise<boolean>
  ask(askId: string): Promise<AskRecord | undefined>
  /** Open asks, oldest first; of one tree or of all. */
  openAsks(filter?: { rootThreadId?: string }): Promise<AskRecord[]>
  /** The asks with these ids, in no order; unknown ids are left out. */
  asks(askIds: readonly string[]): Promise<AskRecord[]>
  /** Decides an open ask, atomically also between processes: true for exactly one caller. */
  decideAsk(askId: string, by: { decision: Decision; by: Decider; at: number }): Promise<boolean>
  /** Marks the open asks of these threads as withdrawn. */
  withdrawAsks(threadIds: readonly string[]): Promise<void>
}
