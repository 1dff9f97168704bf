import type { BranchEntry } from '../../runtime/history/branches.ts'
import { faint, plain, type Toned } from './toned.ts'

/** One line for each tree: the one that was there first, and what was made of what; those that were rewound are faint. */
export function branchLines(entries: readonly BranchEntry[]): Toned[] {
  return entries.map(({ rootThreadId, branch, replacedBy }) => {
    const origin = branch
      ? `${branch.replaces === null ? 'forked' : 'rewound'} from ${branch.fromThreadId} at ${branch.fromCheckpointId}`
      : 'the first'
    return replacedBy === undefined
      ? plain(`${rootThreadId}  ${origin}`)
      : faint(`${rootThreadId}  ${origin}; ${replacedBy} took its place`)
  })
}
