// What the agents of a tree have used, kept in memory while the tree is driven here, and what the tree may use.
//
// M1. Whoever uses something adds it to itself and to all above it: the root's sum is the tree's, to the token.
// M2. An agent is one from the moment it is taken on, so however many parents delegate at once, there are never more than may be.
// M3. The journal has the same numbers, thread by thread; where a tree was driven before, they are read from there.
import { type Budget, type BudgetLimit, costOf, type Reached, reached } from '../state/budget.ts'
import type { Clock } from '../state/context.ts'
import type { Journal, ThreadUsage } from '../state/journal.ts'
import type { ThreadRecord } from '../state/threads.ts'
import { addUsage, NO_USAGE, type Usage } from '../state/usage.ts'
import type { Registry } from './registry.ts'

type Place = Pick<ThreadRecord, 'threadId' | 'rootThreadId' | 'parentThreadId' | 'agent'>

export interface Meter {
  open(rootThreadId: string): Promise<void>
  close(rootThreadId: string): void
  add(place: Place, usage: Usage): void
  /** Of a thread by itself. */
  own(place: Place): Usage
  /** Of a thread and all below it. */
  total(place: Place): Usage
  /** That a thread is at work, from now on; gives what ends it, and then the milliseconds that no lap has counted. */
  begin(place: Place, how: { turn: boolean }): () => number
  /** Milliseconds that a thread at work took since it began, or since the last lap: what the journal is to add. */
  lap(place: Place): number
  /** Milliseconds that the present turn of a thread has taken. */
  turnMs(place: Place): number
  reached(rootThreadId: string): Reached | undefined
  /** Takes an agent on; one that was taken on before stays. False where the tree has as many as it may have. */
  enlist(place: Place): boolean
  /** The cap of a kind, where there is one. */
  cap(rootThreadId: string, limit: BudgetLimit): number | undefined
  /** Sets a cap, unless it is as high already. */
  raise(rootThreadId: string, raised: { limit: BudgetLimit; cap: number }): Promise<void>
}

interface Account {
  readonly parentThreadId: string | null
  readonly agent: string
  own: Usage
  total: Usage
  usd: number
  workedMs: number
  turnMs: number
  since: number | undefined
}

interface Tree {
  caps: Partial<Budget>
  readonly accounts: Map<string, Account>
}

export interface MeterParts {
  readonly journal: Pick<Journal, 'usageOf' | 'caps' | 'setCap' | 'threadsOf'>
  readonly registry: Registry
  readonly clock: Clock
}

export function meter({ journal, registry, clock }: MeterParts): Meter {
  const trees = new Map<string, Tree>()

  async function open(rootThreadId: string): Promise<void> {
    const [caps, used, threads] = await Promise.all([
      journal.caps(rootThreadId),
      journal.usageOf(rootThreadId),
      journal.threadsOf(rootThreadId)
    ])
    trees.set(rootThreadId, { caps, accounts: new Map() })
    for (const thread of threads) accountOf(thread)
    const byId = new Map(threads.map((thread) => [thread.threadId, thread]))
    for (const each of used) restore(byId.get(each.threadId), each)
  }

  function restore(thread: ThreadRecord | undefined, { usage, workedMs, turnMs }: ThreadUsage): void {
    if (!thread) return
    Object.assign(accountOf(thread), { workedMs, turnMs })
    add(thread, usage)
  }

  function treeOf(rootThreadId: string): Tree {
    const tree = trees.get(rootThreadId) ?? { caps: {}, accounts: new Map() }
    trees.set(rootThreadId, tree)
    return tree
  }

  function accountOf({ threadId, rootThreadId, parentThreadId, agent }: Place): Account {
    const { accounts } = treeOf(rootThreadId)
    const known = accounts.get(threadId)
    if (known) return known
    const times = { workedMs: 0, turnMs: 0, since: undefined }
    const account = { parentThreadId, agent, own: NO_USAGE, total: NO_USAGE, usd: 0, ...times }
    accounts.set(threadId, account)
    return account
  }

  function add(place: Place, usage: Usage): void {
    const { accounts } = treeOf(place.rootThreadId)
    const account = accountOf(place)
    account.own = addUsage(account.own, usage)
    const { price } = registry.agent(place.agent).charter
    if (price) account.usd += costOf(usage, price)
    for (
      let at: Account | undefined = account;
      at;
      at = at.parentThreadId ? accounts.get(at.parentThreadId) : undefined
    )
      at.total = addUsage(at.total, usage)
  }

  function begin(place: Place, { turn }: { turn: boolean }): () => number {
    const account = accountOf(place)
    account.since = clock.now()
    if (turn) account.turnMs = 0
    return () => {
      const ms = counted(account)
      account.since = undefined
      return ms
    }
  }

  function counted(account: Account): number {
    const ms = running(account)
    if (account.since !== undefined) account.since += ms
    account.workedMs += ms
    account.turnMs += ms
    return ms
  }

  const running = ({ since }: Account) => (since === undefined ? 0 : clock.now() - since)

  function spent(rootThreadId: string): Budget {
    const { accounts } = treeOf(rootThreadId)
    const root = accounts.get(rootThreadId)
    const { input, output, calls } = root?.total ?? NO_USAGE
    return {
      tokens: input + output,
      usd: [...accounts.values()].reduce((sum, { usd }) => sum + usd, 0),
      calls,
      agents: accounts.size,
      wallMs: root ? root.workedMs + running(root) : 0
    }
  }

  return {
    open,
    close: (rootThreadId) => void trees.delete(rootThreadId),
    add,
    own: (place) => accountOf(place).own,
    total: (place) => accountOf(place).total,
    begin,
    lap: (place) => counted(accountOf(place)),
    turnMs(place) {
      const account = accountOf(place)
      return account.turnMs + running(account)
    },
    reached(rootThreadId) {
      const { caps } = treeOf(rootThreadId)
      return Object.keys(caps).length > 0 ? reached(caps, spent(rootThreadId)) : undefined
    },
    enlist(place) {
      const { caps, accounts } = treeOf(place.rootThreadId)
      if (!accounts.has(place.threadId) && accounts.size >= (caps.agents ?? Number.POSITIVE_INFINITY)) return false
      accountOf(place)
      return true
    },
    cap: (rootThreadId, limit) => treeOf(rootThreadId).caps[limit],
    async raise(rootThreadId, { limit, cap }) {
      const tree = treeOf(rootThreadId)
      if ((tree.caps[limit] ?? Number.POSITIVE_INFINITY) >= cap) return
      tree.caps = { ...tree.caps, [limit]: cap }
      await journal.setCap({ rootThreadId, limit, cap })
    }
  }
}
