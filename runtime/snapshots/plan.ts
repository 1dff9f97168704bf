// What a restore does, decided before anything is touched. Pure.
//
// P1. What a person did since the last snapshot is theirs: it is changed only where the caller says so.
// P2. What no snapshot has cannot be brought back, so it is never changed, whatever the caller says.
import type { Skipped } from '../../state/files.ts'
import { type FileVersion, isRelated, isSame, isUnknown, type Step } from './files.ts'

/** A file that was changed since `base` in another way than the restore would. */
export interface Conflict {
  readonly path: string
  /** As the last snapshot had it. */
  readonly base: FileVersion | null
  /** As the restore would have it. */
  readonly ours: FileVersion | null
  /** As it is. */
  readonly theirs: FileVersion | null
  /** No snapshot has what is there now: a restore leaves it alone in any case. */
  readonly unkept: boolean
}

/** What to do about conflicts: nothing at all, all but them, or all. */
export type OnConflict = 'stop' | 'keep' | 'overwrite'

export interface Plan {
  readonly steps: readonly Step[]
  /** What stays as it is, although the snapshot has it otherwise. */
  readonly kept: readonly Conflict[]
  /** For which nothing is done at all. */
  readonly conflicts: readonly Conflict[]
}

export interface Facts {
  /** From what is there now to what is wanted. */
  readonly wanted: readonly Step[]
  /** From the last snapshot to what is there now. */
  readonly edited: readonly Step[]
  /** What is not known of what is there now. */
  readonly unknownNow: readonly Skipped[]
  /** What is not known of what was there then. */
  readonly unknownThen: readonly Skipped[]
}

export function planOf(facts: Facts, onConflict: OnConflict): Plan {
  const { steps, kept, conflicts } = sorted(facts)
  const inTheWay = kept.filter(({ path, theirs }) => theirs !== null && steps.some((step) => isBlocked(step, path)))
  const settled = kept.filter((each) => !inTheWay.includes(each))
  const open = [...conflicts, ...inTheWay]
  if (open.length === 0) return { steps, kept, conflicts: [] }
  if (onConflict === 'stop') return { steps: [], kept: settled, conflicts: open }
  const left = onConflict === 'keep' ? open : open.filter(({ unkept }) => unkept)
  const done = [...steps, ...open.filter((each) => !left.includes(each)).map(stepOf)]
  const blocked = done.filter((step) =>
    left.some(({ path, theirs, unkept }) => (theirs || unkept) && isBlocked(step, path))
  )
  return {
    steps: done.filter((step) => !blocked.includes(step)),
    kept: [...settled, ...left, ...blocked.map((step) => conflictOf(step, step.from))],
    conflicts: []
  }
}

function sorted({ wanted, edited, unknownNow, unknownThen }: Facts) {
  const edits = new Map(edited.map((step) => [step.path, step]))
  const steps: Step[] = []
  const kept: Conflict[] = []
  const conflicts: Conflict[] = []
  for (const step of wanted) {
    const edit = edits.get(step.path)
    const base = edit ? edit.from : step.from
    if (step.to === null && isUnknown(step.path, unknownThen)) kept.push(conflictOf(step, base))
    else if (edit && isSame(base, step.to)) kept.push(conflictOf(step, base))
    else if (step.to !== null && unknownNow.some(({ path }) => isRelated(step.path, path)))
      conflicts.push({ ...conflictOf(step, base), unkept: true })
    else if (edit) conflicts.push(conflictOf(step, base))
    else steps.push(step)
  }
  return { steps, kept, conflicts }
}

/** Whether a file is written where something else is in its way, above it or below. */
function isBlocked(step: Step, path: string): boolean {
  return step.to !== null && step.path !== path && isRelated(step.path, path)
}

function conflictOf({ path, from, to }: Step, base: FileVersion | null): Conflict {
  return { path, base, ours: to, theirs: from, unkept: false }
}

function stepOf({ path, ours, theirs }: Conflict): Step {
  return { path, from: theirs, to: ours }
}
