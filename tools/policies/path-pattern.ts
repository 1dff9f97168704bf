// G1. `*` any text within a name, `?` one character, `**` any directories, `{a,b}` alternatives. Relative to the workspace,
//     or absolute with `/` or `~/` in front.
// G2. A rule that allows means exactly what its pattern does, where the path really leads.
// G3. One that withholds means all that lies below as well, wherever it leads and however it is written, in any case: file
//     systems differ in what they take for the same name.
import { homedir } from 'node:os'
import { globPattern, type PathFilter } from '../coding/glob-pattern.ts'
import type { Match, Purpose } from './match.ts'
import { folded, type PathFact, type PlacedPath } from './path-fact.ts'

/** `tree`: where the path is a directory, not it alone is looked at, but all below it. */
export type Extent = 'path' | 'tree'

export interface PathPattern {
  readonly isAbsolute: boolean
  readonly exactly: Glob
  /** The same, for names in lower case. */
  readonly loosely: Glob
  readonly coversBelow: boolean
}

interface Glob {
  /** What every path that is meant, or lies below one, begins with. */
  readonly stem: string
  /** What stands in every such path. */
  readonly core: string
  readonly fits: PathFilter
}

/** @throws RuntimeError BAD_ARGUMENTS for a pattern that leads up or has too many alternatives */
export function pathPattern(written: string): PathPattern {
  const pattern = written === '~' || written.startsWith('~/') ? homedir() + written.slice(1) : written
  const isAbsolute = pattern.startsWith('/')
  const names = pattern
    .replace(/^\/+/, '')
    .replace(/^(?:\.\/+)+/, '')
    .replace(/\/+$/, '')
  return {
    isAbsolute,
    exactly: glob(names),
    loosely: glob(folded(names)),
    coversBelow: /(^|\/)\*\*$/.test(names)
  }
}

export function matchesPath(
  pattern: PathPattern,
  fact: PathFact | undefined,
  { purpose, extent }: { purpose: Purpose; extent: Extent }
): Match {
  if (!fact) return 'maybe'
  if (purpose === 'allow') return isMeant(pattern, fact, extent)
  if (isFound(pattern, fact.written) || (fact.real && fact.real !== fact.written && isFound(pattern, fact.real)))
    return 'yes'
  if (!fact.real) return 'maybe'
  if (extent === 'path' || !(mayLieBelow(pattern, fact.written) || mayLieBelow(pattern, fact.real))) return 'no'
  return fact.isDirectory() ? 'maybe' : 'no'
}

function isMeant({ isAbsolute, exactly, coversBelow }: PathPattern, { real }: PathFact, extent: Extent): Match {
  if (!real) return 'maybe'
  if (extent === 'tree' && !coversBelow) return 'no'
  const path = isAbsolute ? real.absolute : real.inside
  return path?.includes(exactly.core) && path.startsWith(exactly.stem) && exactly.fits(path) ? 'yes' : 'no'
}

/** It, or a directory above it. */
function isFound({ isAbsolute, loosely }: PathPattern, path: PlacedPath): boolean {
  const text = isAbsolute ? path.folded.absolute : path.folded.inside
  if (text === undefined || !text.includes(loosely.core) || !text.startsWith(loosely.stem)) return false
  if (loosely.fits(text)) return true
  for (let slash = text.indexOf('/'); slash >= 0; slash = text.indexOf('/', slash + 1))
    if (loosely.fits(text.slice(0, slash))) return true
  return false
}

/** Whether something that the pattern means may be below a directory. */
function mayLieBelow({ isAbsolute, loosely }: PathPattern, path: PlacedPath): boolean {
  const given = isAbsolute ? path.folded.absolute : path.folded.inside
  if (given === undefined) return false
  const directory = given === '' ? '' : `${given}/`
  return loosely.stem.startsWith(directory) || directory.startsWith(loosely.stem)
}

function glob(names: string): Glob {
  if (names === '' || names === '.') return { stem: '', core: '', fits: (path) => path === '' }
  const wild = names.search(/[*?{]/)
  const stem = wild < 0 ? names : names.slice(0, wild).replace(/\/$/, '')
  return { stem, core: coreOf(names), fits: globPattern(names) }
}

/** The longest part of a name that is no wildcard. What stands in braces need not stand in a path. */
function coreOf(names: string): string {
  if (/[{}]/.test(names)) return ''
  const parts = names.split(/[*?/]/).filter((part) => part !== '.')
  return parts.reduce((longest, part) => (part.length > longest.length ? part : longest), '')
}
