// The journal: durable rows beside the checkpoints. One port, one implementation per database, one conformance suite.
// A damaged row is never taken for one that is not there: a list leaves it out and `damaged` names it, whatever reads it by
// its key throws BAD_STORE.
import type { Ask, AskRecord } from './asks.ts'
import type { Branch, Repeat } from './branches.ts'
import type { Budget, BudgetLimit } from './budget.ts'
import type { CallRecord, CallStart, KeptResult } from './call-records.ts'
import type { OutputPort } from './context.ts'
import type { Decider, Decision } from './decisions.ts'
import type { AgentEvent, UnnumberedEvent } from './events.ts'
import type { Grant } from './grants.ts'
import type { Letter, WaitingLetter } from './inbox.ts'
import type { Lease } from './leases.ts'
import type { Label, Mark, PlacedMark } from './marks.ts'
import type { TreePolicy } from './policy.ts'
import type { GoneRows, Held, RowsToGo, TreeToGo } from './retention.ts'
import type { Principal, ThreadRecord, ThreadStatus } from './threads.ts'
import type { Usage } from './usage.ts'

export interface Journal
  extends OutputPort,
    ThreadRows,
    AskRows,
    GrantRows,
    LeaseRows,
    CallRows,
    InboxRows,
    EventRows,
    UsageRows,
    CheckpointRows,
    BranchRows,
    RetentionRows,
    OwnerRows {
  /** The damaged rows that were met since the store was opened: table, key and what is wrong. */
  damaged(): readonly string[]
}

/** The rows of those whom one principal has; of all where none is named. `null` is a name: that of nobody in particular. */
export interface Whose {
  readonly principal?: Principal
}

/** One tree, or the trees of one principal; `{}` is all. */
export type Part =
  | { readonly rootThreadId?: string; readonly principal?: never }
  | { readonly rootThreadId?: never; readonly principal?: Principal }

/** A row by the id that it is known by, alone or with others. */
export type RowKey = { readonly threadId: string } | { readonly askId: string } | { readonly letterId: string }

/** Threads keep their principal; any other row belongs to whom the root thread of its tree belongs. */
export interface OwnerRows {
  /**
   * Whose a row is; undefined where there is none, or where its root thread is unknown. No more of it is read than that, so
   * a damaged row has an owner too.
   */
  ownerOf(row: RowKey): Promise<{ principal: Principal } | undefined>
}

export interface ThreadRows {
  /**
   * Inserts the row, or replaces all but `createdAt` and `policy` of the one that is there.
   * @throws RuntimeError UNKNOWN_THREAD where that one is another principal's; nothing has changed then
   */
  saveThread(thread: ThreadRecord): Promise<void>
  setThreadStatus(threadId: string, status: ThreadStatus, at: number): Promise<void>
  /** Keeps what is said of a tree from now on, in place of what was. */
  setPolicy(rootThreadId: string, policy: TreePolicy | null): Promise<void>
  thread(threadId: string): Promise<ThreadRecord | undefined>
  /** All threads of a tree, oldest first. */
  threadsOf(rootThreadId: string): Promise<ThreadRecord[]>
  /**
   * Roots of trees that are at work somewhere or were left in the middle: a thread is running, or has a decision to go on
   * with, or a message that waits to begin a turn, or a report that it has not heard.
   */
  unfinished(filter?: Whose): Promise<ThreadRecord[]>
  /** Root threads, the last touched first. */
  roots(page: { limit: number } & Whose): Promise<ThreadRecord[]>
}

export interface AskRows {
  /** Opens an ask; one that exists already, in whatever status, stays as it is. True where it is new. */
  openAsk(opening: { ask: Ask; rootThreadId: string; at: number }): Promise<boolean>
  ask(askId: string): Promise<AskRecord | undefined>
  /** Open asks, oldest first. */
  openAsks(filter?: Part): Promise<AskRecord[]>
  /** The asks with these ids, in no order; unknown ids are left out. */
  asks(askIds: readonly string[]): Promise<AskRecord[]>
  /** Decides an open ask, atomically also between processes: true for exactly one caller. */
  decideAsk(askId: string, by: { decision: Decision; by: Decider; at: number }): Promise<boolean>
  /** Marks the open asks of these threads as withdrawn. */
  withdrawAsks(threadIds: readonly string[]): Promise<void>
}

export interface GrantRows {
  /** Keeps a grant; one with the same id stays as it is, also where it was revoked. */
  grant(grant: Grant): Promise<void>
  /** Those given on certain threads that hold: not revoked, and not expired (`expiresAt <= now`). Oldest first. */
  grants(on: { threadIds: readonly string[]; now: number }): Promise<Grant[]>
  /** All of a tree, also those that have ended, oldest first. */
  grantsOf(rootThreadId: string): Promise<Grant[]>
  /** Ends a grant, atomically also between processes: true for exactly one caller. */
  revokeGrant(grantId: string, at: number): Promise<boolean>
}

export interface LeaseRows {
  /**
   * Takes the lease of a tree if it is free, has expired (`expiresAt <= now`) or is the holder's own; atomically also between
   * processes. A new holder gets the next token, the same holder keeps its token.
   */
  acquireLease(request: {
    rootThreadId: string
    holder: string
    now: number
    ttlMs: number
  }): Promise<Lease | undefined>
  /** Prolongs a lease that is still held with this token; false where it was released or is somebody else's by now. */
  renewLease(lease: Lease, by: { now: number; ttlMs: number }): Promise<boolean>
  /** Gives a lease back, if it is still held with this token: `expiresAt` is 0 then. Tokens go on rising. */
  releaseLease(lease: Lease): Promise<void>
  /** The last lease of a tree, expired or not. */
  lease(rootThreadId: string): Promise<Lease | undefined>
}

export interface CallRows {
  call(key: { threadId: string; toolCallId: string }): Promise<CallRecord | undefined>
  /** Calls with an effect that have begun and not finished, oldest first. Of those that only read just failures are kept. */
  startedCalls(filter?: Part): Promise<CallRecord[]>
  /** Calls that were answered as of unknown outcome, oldest first. */
  unknownCalls(filter?: Part): Promise<CallRecord[]>
  /** Calls of a tree that had an effect, or may have had one, oldest first. */
  effectsOf(rootThreadId: string): Promise<CallRecord[]>
}

export interface InboxRows {
  /** Puts a letter into the inbox; one with the same id stays as it is. True where it is new. */
  send(letter: Letter): Promise<boolean>
  /** Letters of a tree that nobody has taken yet, in the order of sending. */
  letters(rootThreadId: string): Promise<WaitingLetter[]>
  /** Takes a letter out, atomically: true for exactly one caller. */
  takeLetter(letterId: string): Promise<boolean>
}

/** A write of a row that is kept together with the event that tells of it. */
export type RowWrite =
  | { kind: 'thread'; thread: ThreadRecord }
  | { kind: 'status'; threadId: string; status: ThreadStatus; at: number }
  /** New where the ask was not known. */
  | { kind: 'ask'; ask: Ask; rootThreadId: string; at: number }
  /** That the tree was told of an ask's decision. New once. */
  | { kind: 'told'; askId: string }
  /** New where the call had not begun. */
  | { kind: 'call.begun'; call: CallStart }
  /** New where the call had no result. */
  | { kind: 'call.finished'; threadId: string; toolCallId: string; result: KeptResult; at: number }
  /** New where no letter has its id. */
  | { kind: 'letter'; letter: Letter }
  /** That a turn is begun with a letter. */
  | { kind: 'letter.begun'; letterId: string }
  /** That an attempt at a call failed for a moment. */
  | { kind: 'call.failed'; call: CallStart }
  /** Adds to what a thread has used; where it `begins` a turn, that turn's time starts at none. */
  | { kind: 'usage'; rootThreadId: string; threadId: string; usage: Usage; workedMs: number; begins: boolean }
  /** What a tree may use of one kind. */
  | ({ kind: 'cap' } & Cap)
  /** New where the checkpoint was not known; with events of others it may be said to be new all the same. */
  | { kind: 'checkpoint'; mark: Mark }
  /** How a tree came to be. New once. */
  | { kind: 'branch'; branch: Branch }
  /** New once for each call in each tree. */
  | { kind: 'repeat'; repeat: Repeat }

/** What is kept at once: a row, the event that tells of it, or both. Where the row is not new, neither is written. */
export interface Entry {
  readonly row?: RowWrite | undefined
  readonly event?: UnnumberedEvent | undefined
}

/** What became of an entry. `seq` is the last number of the tree behind it, its own where it has an event. */
export interface Kept {
  readonly isNew: boolean
  readonly seq: number
  /** Its number in its thread, where it has an event that was kept. */
  readonly threadSeq?: number
}

/** Events behind a number: of a tree by `seq`, or of one of its threads by `threadSeq`. */
export interface EventPage {
  readonly after: number
  readonly limit: number
  readonly threadId?: string | undefined
}

/** Where events are appended: behind number `after`. */
export interface EventsEnd {
  readonly rootThreadId: string
  readonly after: number
  /** How many of the newest events stay; all where it is left out. */
  readonly keep?: number | undefined
}

export interface EventRows {
  /**
   * Keeps entries of one tree in one transaction, all or none, and numbers their events from `after + 1` on. Those older than
   * the newest `keep` go in the same transaction, some at a time, but never the `ask.opened` of an ask that is open.
   * @throws RuntimeError LEASE_LOST where `after` is not the tree's last number any more, or another holder has its lease
   */
  append(entries: readonly Entry[], tree: EventsEnd): Promise<readonly Kept[]>
  /** What is kept behind `after`, in order. Whether that is all that was there says `prunedTo`, asked afterwards. */
  eventsOf(rootThreadId: string, page: EventPage): Promise<AgentEvent[]>
  /** The last number that is gone, of a tree or of one of its threads; 0 where none is. All behind it are kept. */
  prunedTo(rootThreadId: string, of?: { threadId?: string | undefined }): Promise<number>
  /** The last `seq` of a tree, 0 where it has none. */
  lastSeq(rootThreadId: string): Promise<number>
}

/** What a thread has used, by itself: tokens and calls of its models, and the milliseconds that its runs took. */
export interface ThreadUsage {
  readonly threadId: string
  readonly usage: Usage
  readonly workedMs: number
  /** Those of the turn that it began last. */
  readonly turnMs: number
}

/** What a tree may use of one kind. */
export interface Cap {
  readonly rootThreadId: string
  readonly limit: BudgetLimit
  readonly cap: number
}

export interface UsageRows {
  setCap(cap: Cap): Promise<void>
  caps(rootThreadId: string): Promise<Partial<Budget>>
  /** The threads of a tree that have used anything. */
  usageOf(rootThreadId: string): Promise<ThreadUsage[]>
}

/** Which checkpoints of a tree are listed. */
export interface CheckpointFilter {
  readonly threadId?: string | undefined
  readonly agent?: string | undefined
  /** A node that ran in the step. */
  readonly node?: string | undefined
  readonly source?: string | undefined
  /** Heard of at this time or later. */
  readonly since?: number | undefined
  /** Heard of at this time or earlier. */
  readonly until?: number | undefined
  readonly label?: string | undefined
}

export interface CheckpointPage extends CheckpointFilter {
  readonly limit: number
  /** Those that came to be before this place. */
  readonly before?: number | undefined
  /** Those that came to be after this place. */
  readonly after?: number | undefined
  /** Which of them are first, and on the first page; the newest by default. */
  readonly first?: 'newest' | 'oldest' | undefined
}

export interface CheckpointRows {
  /** Checkpoints of a tree, without their state. */
  checkpoints(rootThreadId: string, page: CheckpointPage): Promise<PlacedMark[]>
  checkpoint(key: { threadId: string; checkpointId: string }): Promise<PlacedMark | undefined>
  /** Names a checkpoint, atomically also between processes. False where the tree has the name already. */
  label(label: Label): Promise<boolean>
  /** Takes a name away. False where the tree does not have it. */
  unlabel(rootThreadId: string, name: string): Promise<boolean>
  /** The labels of a tree, oldest first. */
  labelsOf(rootThreadId: string): Promise<Label[]>
}

export interface BranchRows {
  /** How a tree came to be; undefined where it is no branch of another. */
  branchOf(rootThreadId: string): Promise<Branch | undefined>
  /** The trees that were branched off from one, or took its place, oldest first. */
  branchesFrom(rootThreadId: string): Promise<Branch[]>
  /** What would be repeated in a tree, oldest first. */
  repeatsIn(rootThreadId: string): Promise<Repeat[]>
}

export interface RetentionRows {
  /**
   * Deletes a tree with the checkpoints of its threads, in one transaction, and for good: what somebody writes on it later is
   * refused. @throws RuntimeError THREAD_DELETED, at whoever does. Where something holds the tree by then nothing is done.
   */
  deleteTree(tree: TreeToGo): Promise<GoneRows | { readonly held: Held }>
  /** Deletes rows of a tree that stays, in one transaction. Checkpoints themselves are the saver's. */
  pruneTree(rows: RowsToGo): Promise<GoneRows>
}
