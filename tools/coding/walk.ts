import type { Dirent } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'

export interface Entry {
  /** Relative to where the walk began, with slashes. */
  readonly path: string
  readonly kind: 'file' | 'directory' | 'link' | 'special'
  /** The directories that are named but not entered. */
  readonly skipped: boolean
  /** 1 for what lies where the walk began. */
  readonly depth: number
}

/** Large, and hardly ever what is looked for. */
const SKIPPED = new Set(['.git', 'node_modules'])

/**
 * All that is in a directory, sorted by name, a directory before what is in it. Links are named and never followed, so a
 * walk ends and stays inside. A directory below that cannot be read is passed over.
 */
export async function* walk(
  root: string,
  { signal, depth = Infinity }: { signal: AbortSignal; depth?: number }
): AsyncGenerator<Entry> {
  yield* below(await readdir(root, { withFileTypes: true }), '', 1)

  async function* below(found: Dirent[], parent: string, level: number): AsyncGenerator<Entry> {
    for (const one of found.toSorted(byName)) {
      signal.throwIfAborted()
      const entry = entryOf(one, parent, level)
      yield entry
      if (entry.kind !== 'directory' || entry.skipped || level >= depth) continue
      const inside = await readdir(join(root, entry.path), { withFileTypes: true }).catch(() => [])
      yield* below(inside, `${entry.path}/`, level + 1)
    }
  }
}

function entryOf(found: Dirent, parent: string, depth: number): Entry {
  const kind = kindOf(found)
  return { path: parent + found.name, kind, depth, skipped: kind === 'directory' && SKIPPED.has(found.name) }
}

function kindOf(found: Dirent): Entry['kind'] {
  if (found.isFile()) return 'file'
  if (found.isDirectory()) return 'directory'
  return found.isSymbolicLink() ? 'link' : 'special'
}

/** By code units: the same on every machine. */
function byName(a: Dirent, b: Dirent): number {
  return a.name < b.name ? -1 : 1
}
