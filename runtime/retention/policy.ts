// What of a tree that stays is let go. Pure.
//
// R1. A checkpoint that stays can be gone on with and forked as before: with it stay those at which the children stood then that
//     its thread waited for. With one that stays for its own sake, being young or labelled, so does what a rewind to it needs of
//     the whole tree. To any other a rewind may be refused.
// R2. What a child came to lies in the state of its parent from the end of that turn on. From then on nobody goes on with the
//     child, unless it works in the background: such a child takes messages as long as its tree is there.
import type { PlacedMark } from '../../state/marks.ts'
import type { LetGo } from '../../state/retention.ts'
import { hasEnded, type ThreadRecord } from '../../state/threads.ts'

export interface TreeFacts {
  readonly threads: readonly ThreadRecord[]
  /** Oldest first. */
  readonly marks: readonly PlacedMark[]
  /** Places that stay whatever their age: those with a label, and those that other trees were branched off from. */
  readonly pinned: ReadonlySet<number>
  /** Threads that somebody may go on with, whatever their rows say. */
  readonly needed: ReadonlySet<string>
}

export interface Rule {
  /** What is not younger is old; all is, where no age was given. */
  readonly until: number | undefined
  /** How many of the newest checkpoints of a thread stay, however old. */
  readonly keep: number
}

export interface Going {
  readonly places: readonly number[]
  /** The checkpoints that go of threads that stay, by thread. */
  readonly checkpoints: ReadonlyMap<string, ReadonlySet<string>>
  /** Threads that go, but for what they have used. */
  readonly letGo: readonly LetGo[]
}

export function goingOf(facts: TreeFacts, rule: Rule): Going {
  const tree = treeOf(facts)
  const isOld = ({ at }: PlacedMark) => rule.until === undefined || at <= rule.until
  const letGo = settledIn(facts, { tree, until: rule.until })
  const staying = new Set<PlacedMark>()
  const unseen: PlacedMark[] = []

  function stay(mark: PlacedMark): void {
    if (staying.has(mark)) return
    staying.add(mark)
    unseen.push(mark)
  }

  /** The thread stays: with its newest, and with all above it. */
  function hold(threadId: string): void {
    for (let at: string | null = threadId; at !== null && letGo.delete(at); at = tree.parentOf(at)) stayNewest(at)
  }

  function stayNewest(threadId: string): void {
    for (const mark of tree.marksOf(threadId).slice(-rule.keep)) stay(mark)
  }

  /** What a thread, and whoever it waits for, stood at when the tree had come to a place. */
  function stayUpTo(threadId: string, place: number): void {
    const [first] = tree.marksOf(threadId)
    // Of one that had not begun the first says so.
    const at = lastUpTo(tree.marksOf(threadId), place) ?? first
    if (!at) return
    hold(threadId)
    stay(at)
    for (const child of tree.waitedForAt(threadId, place)) stayUpTo(child, place)
  }

  for (const { threadId } of facts.threads) if (!letGo.has(threadId)) stayNewest(threadId)
  for (const mark of facts.marks) {
    if (letGo.has(mark.threadId) || (isOld(mark) && !facts.pinned.has(mark.place))) continue
    stay(mark)
    stayUpTo(mark.rootThreadId, mark.place)
    // What comes next says that nothing was let go in between.
    const next = firstAfter(tree.marksOf(mark.rootThreadId), mark.place)
    if (next && mark.threadId !== mark.rootThreadId) stay(next)
  }
  for (let mark = unseen.pop(); mark; mark = unseen.pop()) stayUpTo(mark.threadId, mark.place)
  return gone(facts, { staying, letGo, tree })
}

function gone(
  { marks }: TreeFacts,
  { staying, letGo, tree }: { staying: ReadonlySet<PlacedMark>; letGo: ReadonlySet<string>; tree: Tree }
): Going {
  const going = marks.filter((mark) => !letGo.has(mark.threadId) && !staying.has(mark))
  const checkpoints = new Map<string, Set<string>>()
  for (const { threadId, checkpointId } of going)
    checkpoints.set(threadId, (checkpoints.get(threadId) ?? new Set()).add(checkpointId))
  const first = Math.min(...Array.from(staying, ({ place }) => place))
  const keepsCalls = (threadId: string) => tree.lastPlace(threadId) > first
  return { places: going.map(({ place }) => place), checkpoints, letGo: bearing(letGo, { tree, keepsCalls }) }
}

/**
 * Of the threads of one agent below the same thread that stays, one bears what all of them have used: sums and prices stay right.
 * Its row stays, with those above it, and so do rows whose calls do.
 */
function bearing(
  letGo: ReadonlySet<string>,
  { tree, keepsCalls }: { tree: Tree; keepsCalls: (threadId: string) => boolean }
): LetGo[] {
  const bearers = new Map<string, string>()
  const rows = new Set<string>()
  const holdRow = (threadId: string) => {
    for (let at: string | null = threadId; at !== null && letGo.has(at); at = tree.parentOf(at)) rows.add(at)
  }
  const groupOf = (threadId: string) => {
    let above = tree.parentOf(threadId)
    while (above !== null && letGo.has(above)) above = tree.parentOf(above)
    return JSON.stringify([above, tree.pathOf(threadId)])
  }
  for (const threadId of letGo) {
    if (!bearers.has(groupOf(threadId))) bearers.set(groupOf(threadId), threadId)
    if (keepsCalls(threadId)) holdRow(threadId)
  }
  for (const bearer of bearers.values()) holdRow(bearer)
  return Array.from(letGo, (threadId) => ({
    threadId,
    keepsCalls: keepsCalls(threadId),
    into: rows.has(threadId) ? undefined : bearers.get(groupOf(threadId))
  }))
}

interface Tree {
  marksOf(threadId: string): readonly PlacedMark[]
  parentOf(threadId: string): string | null
  pathOf(threadId: string): string
  childrenOf(threadId: string): readonly ThreadRecord[]
  /** The place of its last checkpoint, 0 where it has none. */
  lastPlace(threadId: string): number
  /** The children of the turn that a thread was in when its tree had come to a place, and those in the background. */
  waitedForAt(threadId: string, place: number): string[]
}

function treeOf({ threads, marks }: TreeFacts): Tree {
  const byId = new Map(threads.map((thread) => [thread.threadId, thread]))
  const byThread = grouped(marks, ({ threadId }) => threadId)
  const byParent = grouped(threads, ({ parentThreadId }) => parentThreadId ?? '')
  const marksOf = (threadId: string) => byThread.get(threadId) ?? []
  const childrenOf = (threadId: string) => byParent.get(threadId) ?? []
  const lastPlace = (threadId: string) => marksOf(threadId).at(-1)?.place ?? 0
  const restsOf = new Map(
    Array.from(byThread, ([threadId, own]) => [threadId, own.filter(({ next }) => next.length === 0)])
  )
  return {
    marksOf,
    childrenOf,
    lastPlace,
    pathOf: (threadId) => byId.get(threadId)?.path ?? '',
    parentOf: (threadId) => byId.get(threadId)?.parentThreadId ?? null,
    waitedForAt(threadId, place) {
      const rests = restsOf.get(threadId) ?? []
      const rest = lastUpTo(rests, place)
      const next = rests[rest ? rests.indexOf(rest) + 1 : 0]?.place ?? Number.POSITIVE_INFINITY
      const isOfTurn = (child: string) =>
        lastPlace(child) > (rest?.place ?? 0) && (marksOf(child)[0]?.place ?? 0) < next
      const isWaitedFor = ({ background, threadId: child }: ThreadRecord) => background || isOfTurn(child)
      return childrenOf(threadId)
        .filter(isWaitedFor)
        .map((child) => child.threadId)
    }
  }
}

/** Children that have ended long ago, with all below them, in a tree whose children all were waited for. */
function settledIn(facts: TreeFacts, { tree, until }: { tree: Tree; until: number | undefined }): Set<string> {
  const settled = new Set<string>()
  if (until === undefined || facts.threads.some(({ background }) => background)) return settled
  const isOver = ({ threadId, parentThreadId, status, updatedAt }: ThreadRecord): boolean =>
    parentThreadId !== null &&
    hasEnded(status) &&
    updatedAt <= until &&
    !facts.needed.has(threadId) &&
    tree.marksOf(threadId).every(({ at, place }) => at <= until && !facts.pinned.has(place))
  const isSettled = (thread: ThreadRecord): boolean =>
    tree.childrenOf(thread.threadId).map(isSettledNow).every(Boolean) && isOver(thread)
  function isSettledNow(thread: ThreadRecord): boolean {
    const is = isSettled(thread)
    if (is) settled.add(thread.threadId)
    return is
  }
  for (const thread of facts.threads) if (thread.parentThreadId === null) isSettled(thread)
  return settled
}

/** The last one up to a place, of some that are in order. */
function lastUpTo(marks: readonly PlacedMark[], place: number): PlacedMark | undefined {
  return marks[countUpTo(marks, place) - 1]
}

function firstAfter(marks: readonly PlacedMark[], place: number): PlacedMark | undefined {
  return marks[countUpTo(marks, place)]
}

function countUpTo(marks: readonly PlacedMark[], place: number): number {
  let low = 0
  let high = marks.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (marks[middle]!.place <= place) low = middle + 1
    else high = middle
  }
  return low
}

function grouped<Item>(items: readonly Item[], keyOf: (item: Item) => string): Map<string, Item[]> {
  const groups = new Map<string, Item[]>()
  for (const item of items) {
    const group = groups.get(keyOf(item))
    if (group) group.push(item)
    else groups.set(keyOf(item), [item])
  }
  return groups
}
