import type { CallRecord } from '../state/call-records.ts'
import type { Clock } from '../state/context.ts'
import type { Journal, Part } from '../state/journal.ts'

/** A call with an effect that had begun, and of which nobody knows what came of it. */
export interface UnknownOutcome
  extends Pick<CallRecord, 'rootThreadId' | 'threadId' | 'toolCallId' | 'tool' | 'effect' | 'argsHash' | 'startedAt'> {
  /** Where its agent stands; null where the row of its thread is damaged. */
  readonly path: string | null
  /**
   * Whether its model was told that the outcome is not known. Of any other the tree was not driven on since: a call with the
   * effect `once` will be reported then, an idempotent one repeated, and of a cancelled thread neither.
   */
  readonly settled: boolean
}

interface Parts {
  readonly journal: Journal
  readonly clock: Clock
}

/** Oldest first. What is at work in a tree that somebody drives is not unknown. */
export async function unknownOutcomes(part: Part, { journal, clock }: Parts): Promise<UnknownOutcome[]> {
  const begun = (await journal.startedCalls(part)).filter(({ effect }) => effect !== 'read')
  const driven = await rootsWhere(begun, (rootThreadId) => isDriven(rootThreadId, { journal, clock }))
  const left = begun.filter(({ rootThreadId }) => !driven.has(rootThreadId))
  const unknown = [...left, ...(await journal.unknownCalls(part))]
  const paths = await pathsOf(unknown, journal)
  return unknown
    .map(
      ({ rootThreadId, threadId, toolCallId, tool, effect, argsHash, startedAt, status }): UnknownOutcome => ({
        ...{ rootThreadId, threadId, toolCallId, tool, effect, argsHash, startedAt },
        path: paths.get(threadId) ?? null,
        settled: status === 'finished'
      })
    )
    .toSorted((a, b) => a.startedAt - b.startedAt)
}

async function isDriven(rootThreadId: string, { journal, clock }: Parts): Promise<boolean> {
  const lease = await journal.lease(rootThreadId)
  return lease !== undefined && lease.expiresAt > clock.now()
}

async function rootsWhere(
  calls: readonly CallRecord[],
  is: (rootThreadId: string) => Promise<boolean>
): Promise<ReadonlySet<string>> {
  const found = new Set<string>()
  for (const rootThreadId of rootsOf(calls)) if (await is(rootThreadId)) found.add(rootThreadId)
  return found
}

async function pathsOf(calls: readonly CallRecord[], journal: Journal): Promise<ReadonlyMap<string, string>> {
  const trees = await Promise.all([...rootsOf(calls)].map((rootThreadId) => journal.threadsOf(rootThreadId)))
  return new Map(trees.flat().map(({ threadId, path }) => [threadId, path]))
}

const rootsOf = (calls: readonly CallRecord[]) => new Set(calls.map(({ rootThreadId }) => rootThreadId))
