import type { Branch } from '../../state/branches.ts'
import { RuntimeError } from '../../state/errors.ts'
import type { BranchRows, ThreadRows } from '../../state/journal.ts'
import type { ThreadRecord } from '../../state/threads.ts'

/** A tree among those that were made of each other. */
export interface BranchEntry {
  readonly rootThreadId: string
  /** How it came to be; undefined for the first of them. */
  readonly branch: Branch | undefined
  /** The tree that has taken its place; undefined where none has. */
  readonly replacedBy: string | undefined
}

/** All trees that were branched off from one another, the first of them first, each before what was made of it. */
export async function branchesOf(
  rootThreadId: string,
  journal: BranchRows & Pick<ThreadRows, 'thread'>
): Promise<BranchEntry[]> {
  const found = new Map<string, BranchEntry>()
  await add(await originOf(rootThreadId, journal), undefined)
  return [...found.values()]

  async function add(root: string, branch: Branch | undefined): Promise<void> {
    if (found.has(root)) return
    const made = await journal.branchesFrom(root)
    found.set(root, { rootThreadId: root, branch, replacedBy: replacementIn(made, root) })
    for (const each of made) await add(each.rootThreadId, each)
  }
}

/** A root thread among others, with the tree that has taken its place, where somebody has rewound it. */
export interface ListedThread extends ThreadRecord {
  readonly replacedBy: string | null
}

export async function listed(thread: ThreadRecord, journal: BranchRows): Promise<ListedThread> {
  const { threadId } = thread
  return { ...thread, replacedBy: replacementIn(await journal.branchesFrom(threadId), threadId) ?? null }
}

/** The tree that stands in the place of one by now: itself, where nobody has rewound it. */
export async function currentOf(rootThreadId: string, journal: BranchRows): Promise<string> {
  const next = replacementIn(await journal.branchesFrom(rootThreadId), rootThreadId)
  return next === undefined ? rootThreadId : currentOf(next, journal)
}

/** @throws RuntimeError THREAD_REWOUND */
export async function refuseRewound(rootThreadId: string, journal: BranchRows): Promise<void> {
  const current = await currentOf(rootThreadId, journal)
  if (current !== rootThreadId)
    throw new RuntimeError(
      'THREAD_REWOUND',
      `thread ${rootThreadId} was rewound; ${current} has taken its place: go on there, or fork this one`
    )
}

/** Of one whose origin was let go it is itself, or the one whose place it took. */
async function originOf(rootThreadId: string, journal: BranchRows & Pick<ThreadRows, 'thread'>): Promise<string> {
  const branch = await journal.branchOf(rootThreadId)
  for (const before of [branch?.fromRootThreadId, branch?.replaces])
    if (before && (await journal.thread(before))) return originOf(before, journal)
  return rootThreadId
}

const replacementIn = (made: readonly Branch[], root: string) =>
  made.find(({ replaces }) => replaces === root)?.rootThreadId
