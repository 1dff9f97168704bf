// F1. A path is judged by where it really leads, by the same steps as `inWorkspace`; and, where a rule withholds, also as it is
//     written.
// F2. What cannot be followed to its end leads nowhere that a rule could allow.
import { lstatSync, readlinkSync, realpathSync, type Stats, statSync } from 'node:fs'
import { basename, dirname, isAbsolute, join, relative, resolve, sep } from 'node:path'
import { once } from './once.ts'

/** Where a path leads. */
export interface PathFact {
  readonly written: PlacedPath
  /** Undefined where it cannot be followed. */
  readonly real: PlacedPath | undefined
  /** Looked up when it is asked. */
  isDirectory(): boolean
}

export interface PlacedPath {
  /** With slashes, without the first one. */
  readonly absolute: string
  /** Relative to the workspace, with slashes; undefined outside of it. */
  readonly inside: string | undefined
  /** The same, as file systems compare that take names for the same whatever their case. */
  readonly folded: { readonly absolute: string; readonly inside: string | undefined }
}

export function folded(path: string): string {
  return path.normalize('NFC').toLowerCase()
}

/** Undefined where it cannot even be said what is meant. `from` is the directory that it is relative to. */
export function pathFact(
  path: string,
  { workspace, from = '.' }: { workspace: Workspace | undefined; from?: string | undefined }
): PathFact | undefined {
  if (path.includes('\0') || path === '') return undefined
  if (workspace === undefined) return isAbsolute(path) ? placed(path, undefined) : lexical(path)
  return placed(resolve(workspace.written, from, path), workspace)
}

/** A workspace, and where it really is. */
export interface Workspace {
  readonly written: string
  readonly real: string
}

export function workspaceAt(written: string): Workspace {
  return { written, real: followed(written) ?? written }
}

/** Nobody knows the workspace: the path is taken by its letters. */
function lexical(path: string): PathFact | undefined {
  const inside = join('.', path)
  if (inside === '..' || inside.startsWith(`..${sep}`)) return undefined
  const written = placedPath(inside, inside === '.' ? '' : slashed(inside))
  return { written, real: written, isDirectory: () => true }
}

function placed(path: string, workspace: Workspace | undefined): PathFact {
  const real = followed(path)
  const written = place(path, workspace?.written)
  const isSame = real === path && workspace?.real === workspace?.written
  return {
    written,
    real: isSame ? written : real === undefined ? undefined : place(real, workspace?.real),
    isDirectory: once(() => isDirectory(path))
  }
}

/** What cannot be looked at may be one. */
function isDirectory(path: string): boolean {
  try {
    return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false
  } catch {
    return true
  }
}

function place(path: string, root: string | undefined): PlacedPath {
  return placedPath(slashed(path).replace(/^\/+/, ''), root === undefined ? undefined : insideOf(root, path))
}

function placedPath(absolute: string, inside: string | undefined): PlacedPath {
  return { absolute, inside, folded: { absolute: folded(absolute), inside: inside && folded(inside) } }
}

function insideOf(root: string, path: string): string | undefined {
  if (path === root) return ''
  if (path.startsWith(root + sep)) return slashed(path.slice(root.length + 1))
  const way = relative(root, path)
  return way === '..' || way.startsWith(`..${sep}`) || isAbsolute(way) ? undefined : slashed(way)
}

function slashed(path: string): string {
  return sep === '/' ? path : path.replaceAll(sep, '/')
}

/** As many links as Linux follows in one path. */
const MAX_LINKS = 40

function followed(path: string): string | undefined {
  try {
    return follow(path, MAX_LINKS)
  } catch {
    return undefined
  }
}

/** Where a path leads: the real path of what exists of it, and the rest as it is written. */
function follow(path: string, linksLeft: number): string {
  if (linksLeft < 0) throw new Error('too many links')
  const found = lookedAt(path)
  if (!found) return join(follow(dirname(path), linksLeft), basename(path))
  if (!found.isSymbolicLink()) return realpathSync.native(path)
  return follow(resolve(follow(dirname(path), linksLeft), readlinkSync(path)), linksLeft - 1)
}

/** Undefined where there is nothing; most of what is asked about is not there, and throwing costs more than all the rest. */
function lookedAt(path: string): Stats | undefined {
  try {
    return lstatSync(path, { throwIfNoEntry: false })
  } catch (error) {
    if (isMissing(error)) return undefined
    throw error
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR')
}
