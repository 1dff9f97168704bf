// The words of file snapshots.
import type { FileChange, Skipped } from '../../state/files.ts'

/** What git tells files apart by: plain, executable, symbolic link. */
export type Mode = '100644' | '100755' | '120000'

/** A file as a snapshot has it; `id` names its content. */
export interface FileVersion {
  readonly mode: Mode
  readonly id: string
}

export interface FileSnapshot {
  /** The same for the same files, and the same skipped. */
  readonly id: string
  /** What has changed since the snapshot before; nothing where none is known. */
  readonly changes: readonly FileChange[]
  readonly skipped: readonly Skipped[]
}

/** A file before and after; null where there is none. */
export interface Step {
  readonly path: string
  readonly from: FileVersion | null
  readonly to: FileVersion | null
}

export function isSame(one: FileVersion | null, other: FileVersion | null): boolean {
  return one?.id === other?.id && one?.mode === other?.mode
}

export function changeOf({ path, from, to }: Step): FileChange {
  return { path, kind: from === null ? 'added' : to === null ? 'deleted' : 'changed' }
}

/** The same path, or one within the other. */
export function isRelated(one: string, other: string): boolean {
  return one === other || one.startsWith(`${other}/`) || other.startsWith(`${one}/`)
}

/** Whether a snapshot that skipped these cannot say what was at a path. */
export function isUnknown(path: string, skipped: readonly Skipped[]): boolean {
  return skipped.some((each) => path === each.path || path.startsWith(`${each.path}/`))
}
