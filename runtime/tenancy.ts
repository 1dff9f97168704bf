// Whose trees a runtime sees.
//
// T1. A runtime knows the store through a view of its journal in which the rows of other principals do not exist. A door
//     needs no check of its own, and what it answers to a foreign id is what it answers to an unknown one.
// T2. A row that is read by a key is read after its owner is known. Of a foreign one nothing else is looked at.
// T3. Every method of the journal stands here by name, and nothing is spread: a method that is new there does not compile here
//     until somebody has said what the view makes of it.
import { unknownThread } from '../checkpointers/unknown-thread.ts'
import { RuntimeError } from '../state/errors.ts'
import type { Journal, Part, RowKey, Whose } from '../state/journal.ts'
import type { Principal } from '../state/threads.ts'

/** How many rows a view remembers as its own; of any other it asks the journal again. */
const REMEMBERED = 10_000

/** The journal as one principal sees it. */
export function journalOf(principal: Principal, journal: Journal): Journal {
  const own = new Set<string>()

  /** Rows keep their principal, so one look is enough. One that is not there yet may still become our own. */
  async function has(row: RowKey): Promise<boolean> {
    if (own.has(keyOf(row))) return true
    const found = (await journal.ownerOf(row))?.principal === principal
    if (found) remember(row)
    return found
  }

  const hasThread = (threadId: string) => has({ threadId })

  function remember(row: RowKey): void {
    own.add(keyOf(row))
    if (own.size > REMEMBERED) for (const oldest of own) return void own.delete(oldest)
  }

  /** Guards what is written for a thread. @throws RuntimeError UNKNOWN_THREAD */
  async function mustHave(threadId: string): Promise<void> {
    if (!(await hasThread(threadId))) throw unknownThread(threadId)
  }

  const isOwn = ({ principal: whose = principal }: Whose) => whose === principal

  /** What is seen of a part of all rows; undefined where that is nothing. */
  async function seenOf(part: Part): Promise<Part | undefined> {
    if (part.rootThreadId !== undefined) return (await hasThread(part.rootThreadId)) ? part : undefined
    return isOwn(part) ? { principal } : undefined
  }

  return {
    async saveThread(thread) {
      if (!isOwn(thread)) throw unknownThread(thread.threadId)
      await journal.saveThread(thread)
      remember({ threadId: thread.threadId })
    },
    async setThreadStatus(threadId, status, at) {
      if (await hasThread(threadId)) await journal.setThreadStatus(threadId, status, at)
    },
    async setPolicy(rootThreadId, policy) {
      await mustHave(rootThreadId)
      await journal.setPolicy(rootThreadId, policy)
    },
    thread: async (threadId) => ((await hasThread(threadId)) ? journal.thread(threadId) : undefined),
    threadsOf: async (rootThreadId) => ((await hasThread(rootThreadId)) ? journal.threadsOf(rootThreadId) : []),
    unfinished: async (filter = {}) => (isOwn(filter) ? journal.unfinished({ principal }) : []),
    roots: async (page) => (isOwn(page) ? journal.roots({ limit: page.limit, principal }) : []),

    async openAsk(opening) {
      await mustHave(opening.rootThreadId)
      const isNew = await journal.openAsk(opening)
      if (isNew) remember({ askId: opening.ask.id })
      return isNew
    },
    ask: async (askId) => ((await has({ askId })) ? journal.ask(askId) : undefined),
    async openAsks(part = {}) {
      const seen = await seenOf(part)
      return seen ? journal.openAsks(seen) : []
    },
    async asks(askIds) {
      return journal.asks(await filtered(askIds, (askId) => has({ askId })))
    },
    decideAsk: async (askId, by) => (await has({ askId })) && journal.decideAsk(askId, by),
    async withdrawAsks(threadIds) {
      await journal.withdrawAsks(await filtered(threadIds, hasThread))
    },

    async acquireLease(request) {
      await mustHave(request.rootThreadId)
      return journal.acquireLease(request)
    },
    renewLease: async (lease, by) => (await hasThread(lease.rootThreadId)) && journal.renewLease(lease, by),
    async releaseLease(lease) {
      if (await hasThread(lease.rootThreadId)) await journal.releaseLease(lease)
    },
    lease: async (rootThreadId) => ((await hasThread(rootThreadId)) ? journal.lease(rootThreadId) : undefined),

    call: async (key) => ((await hasThread(key.threadId)) ? journal.call(key) : undefined),
    async startedCalls(part = {}) {
      const seen = await seenOf(part)
      return seen ? journal.startedCalls(seen) : []
    },
    async unknownCalls(part = {}) {
      const seen = await seenOf(part)
      return seen ? journal.unknownCalls(seen) : []
    },
    effectsOf: async (rootThreadId) => ((await hasThread(rootThreadId)) ? journal.effectsOf(rootThreadId) : []),

    async send(letter) {
      await mustHave(letter.rootThreadId)
      const isNew = await journal.send(letter)
      if (isNew) remember({ letterId: letter.id })
      return isNew
    },
    letters: async (rootThreadId) => ((await hasThread(rootThreadId)) ? journal.letters(rootThreadId) : []),
    takeLetter: async (letterId) => (await has({ letterId })) && journal.takeLetter(letterId),

    async append(entries, tree) {
      const isBorn = entries.some(({ row }) => row?.kind === 'thread' && row.thread.threadId === tree.rootThreadId)
      if (!isBorn) await mustHave(tree.rootThreadId)
      for (const { row } of entries)
        if (row?.kind === 'thread' && !isOwn(row.thread)) throw unknownThread(row.thread.threadId)
      const kept = await journal.append(entries, tree)
      for (const [nth, { row }] of entries.entries()) {
        if (!kept[nth]?.isNew) continue
        if (row?.kind === 'thread') remember({ threadId: row.thread.threadId })
        if (row?.kind === 'ask') remember({ askId: row.ask.id })
        if (row?.kind === 'letter') remember({ letterId: row.letter.id })
      }
      return kept
    },
    eventsOf: async (rootThreadId, page) =>
      (await hasThread(rootThreadId)) ? journal.eventsOf(rootThreadId, page) : [],
    prunedTo: async (rootThreadId, of) => ((await hasThread(rootThreadId)) ? journal.prunedTo(rootThreadId, of) : 0),
    lastSeq: async (rootThreadId) => ((await hasThread(rootThreadId)) ? journal.lastSeq(rootThreadId) : 0),

    async grant(grant) {
      await mustHave(grant.rootThreadId)
      await journal.grant(grant)
    },
    grants: async ({ threadIds, now }) => journal.grants({ threadIds: await filtered(threadIds, hasThread), now }),
    grantsOf: async (rootThreadId) => ((await hasThread(rootThreadId)) ? journal.grantsOf(rootThreadId) : []),
    /** A grant has the id of its ask. */
    revokeGrant: async (grantId, at) => (await has({ askId: grantId })) && journal.revokeGrant(grantId, at),

    usageOf: async (rootThreadId) => ((await hasThread(rootThreadId)) ? journal.usageOf(rootThreadId) : []),
    async setCap(cap) {
      await mustHave(cap.rootThreadId)
      await journal.setCap(cap)
    },
    caps: async (rootThreadId) => ((await hasThread(rootThreadId)) ? journal.caps(rootThreadId) : {}),

    checkpoints: async (rootThreadId, page) =>
      (await hasThread(rootThreadId)) ? journal.checkpoints(rootThreadId, page) : [],
    checkpoint: async (key) => ((await hasThread(key.threadId)) ? journal.checkpoint(key) : undefined),
    async label(label) {
      await mustHave(label.rootThreadId)
      return journal.label(label)
    },
    unlabel: async (rootThreadId, name) => (await hasThread(rootThreadId)) && journal.unlabel(rootThreadId, name),
    labelsOf: async (rootThreadId) => ((await hasThread(rootThreadId)) ? journal.labelsOf(rootThreadId) : []),

    branchOf: async (rootThreadId) => ((await hasThread(rootThreadId)) ? journal.branchOf(rootThreadId) : undefined),
    /** Who branches off has the tree, and the branch is theirs. */
    branchesFrom: async (rootThreadId) => ((await hasThread(rootThreadId)) ? journal.branchesFrom(rootThreadId) : []),
    repeatsIn: async (rootThreadId) => ((await hasThread(rootThreadId)) ? journal.repeatsIn(rootThreadId) : []),

    async deleteTree(tree) {
      await mustHave(tree.rootThreadId)
      return journal.deleteTree(tree)
    },
    async pruneTree(rows) {
      await mustHave(rows.rootThreadId)
      return journal.pruneTree(rows)
    },

    async put(output) {
      await mustHave(output.threadId)
      await journal.put(output)
    },
    get: async (key) => ((await hasThread(key.threadId)) ? journal.get(key) : undefined),

    async ownerOf(row) {
      const owner = await journal.ownerOf(row)
      return owner?.principal === principal ? owner : undefined
    },
    /** None: whose a row was cannot be trusted once it is damaged. The store's own journal names them all. */
    damaged: () => []
  }
}

const keyOf = (row: RowKey) => Object.entries(row).join()

async function filtered(ids: readonly string[], isIn: (id: string) => Promise<boolean>): Promise<string[]> {
  const found = await Promise.all(ids.map(isIn))
  return ids.filter((_, index) => found[index])
}

/** NUL, or half of a surrogate pair: no database keeps them as they are, so that two names might become one. */
const UNKEPT = /[\0\p{Surrogate}]/u

/**
 * The principal that a caller names; none is named by leaving it out.
 * @throws RuntimeError BAD_ARGUMENTS where the name is empty or cannot be kept
 */
export function principalOf(given: string | undefined): Principal {
  if (given === undefined) return null
  if (given === '')
    throw new RuntimeError('BAD_ARGUMENTS', 'the principal has an empty name; name one, or leave it out')
  if (UNKEPT.test(given))
    throw new RuntimeError('BAD_ARGUMENTS', 'the name of the principal has characters that no store can keep')
  return given
}
