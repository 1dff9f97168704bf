import type { Rewound } from '../../runtime/history/take-place.ts'
import type { FileVersion } from '../../runtime/snapshots/files.ts'
import type { Conflict } from '../../runtime/snapshots/plan.ts'
import type { FileChange } from '../../state/files.ts'
import type { ThreadRecord } from '../../state/threads.ts'
import { counted } from './amounts.ts'
import { oneLine } from './printable.ts'

type FilesBack = Extract<Rewound, { status: 'rewound' }>['files']

/** What became of the files; nothing where nobody wanted to know. */
export function filesBackLines(files: FilesBack, { workspace }: Pick<ThreadRecord, 'workspace'>): string[] {
  switch (files.status) {
    case 'left':
      return []
    case 'unknown':
      return [`no files were kept at the checkpoint; those in ${oneLine(workspace ?? '')} are left as they are`]
    case 'missed': {
      const { code, message } = files.error
      return [`the files in ${oneLine(workspace ?? '')} are left as they are: ${code}: ${oneLine(message)}`]
    }
    case 'restored': {
      const { changes, kept, failed } = files
      return [
        ...(changes.length > 0 ? [`${counted(changes.length - failed.length, 'file')} taken back`] : []),
        ...part('left as somebody has made them since:', shown(kept.map(sinceLine))),
        ...part('could not be taken back:', shown(failed.map(({ path, why }) => oneLine(`${path}  ${why}`))))
      ]
    }
  }
}

/** What a new thread does not find as it was at its checkpoint. */
export function filesBehindLines(changes: readonly FileChange[]): string[] {
  const lines = changes.map(({ path, kind }) => oneLine(`${path}  ${kind}`))
  return part('the new thread works with the files as they are now; behind its checkpoint were:', shown(lines))
}

/** Why nothing was taken back, and what can be done. */
export function conflictLines(conflicts: readonly Conflict[]): string[] {
  return [
    ...part('nothing was taken back; somebody else has changed since:', shown(conflicts.map(conflictLine))),
    'say --on-conflict keep to take all but these back, --on-conflict overwrite for these as well, or --keep-files'
  ]
}

/** What was done to a file, and what a restore would do to it. */
function conflictLine(conflict: Conflict): string {
  return `${sinceLine(conflict)}; it would ${conflict.ours === null ? 'be deleted' : 'become what it was'}`
}

function sinceLine({ path, base, theirs, unkept }: Conflict): string {
  return oneLine(`${path}  ${unkept ? 'in no snapshot' : changeText(base, theirs)}`)
}

function changeText(before: FileVersion | null, after: FileVersion | null): string {
  if (before === null) return 'added'
  return after === null ? 'deleted' : 'changed'
}

/** As many as anybody reads; `--json` has them all. */
const SHOWN = 20

function shown(lines: readonly string[]): string[] {
  const more = lines.length - SHOWN
  return more > 0 ? [...lines.slice(0, SHOWN), `and ${more} more; --json lists all`] : [...lines]
}

function part(title: string, lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : [title, ...lines.map((line) => `  ${line}`)]
}
