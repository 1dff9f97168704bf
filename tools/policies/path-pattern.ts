// G1. `*` any text within a name, `?` one character, `**` any directories, `{a,b}` alternatives. Relative to the workspace,
//     or absolute with `/` or `~/` in front.
// G2. A rule that allows means exactly what its pattern does, where the path really leads.
// G3. One that withholds means all that lies below as well, wherever it leads and however it is written, in any case: file
//     systems differ in what they take for the same name.
import { homedir } from 'node:os'
import { globPattern, type PathFilter } from '../coding/glob-pattern.ts'
import type { Match, Purpose } from './match.ts'
import type { PathFact, PlacedPath } from './path-fact.ts'

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
    loosely: glob(fold(names)),
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
  if (isFound(pattern, fact.written) || (fact.real && isFound(pattern, fact.real))) return 'yes'
  if (!fact.real) return 'maybe'
  if (extent === 'path' || !(mayLieBelow(pattern, fact.written) || mayLieBelow(pattern, fact.real))) return 'no'
  return fact.isDirectory() ? 'maybe' : 'no'
}

function isMeant({ isAbsolute, exactly, coversBelow }: PathPattern, { real }: PathFact, extent: Extent): Match {
  if (!real) return 'maybe'
  if (extent === 'tree' && !coversBelow) return 'no'
  const path = isAbsolute ? real.absolute : real.inside
  return path?.startsWith(exactly.stem) && exactly.fits(path) ? 'yes' : 'no'
}

/** It, or a directory above it. */
function isFound({ isAbsolute, loosely }: PathPattern, path: PlacedPath): boolean {
  const given = isAbsolute ? path.absolute : path.inside
  if (given === undefined) return false
  const text = fold(given)
  if (!text.startsWith(loosely.stem)) return false
  if (loosely.fits(text)) return true
  for (let slash = text.indexOf('/'); slash >= 0; slash = text.indexOf('/', slash + 1))
    if (loosely.fits(text.slice(0, slash))) return true
  return false
}

/** Whether something that the pattern means may be below a directory. */
function mayLieBelow({ isAbsolute, loosely }: PathPattern, path: PlacedPath): boolean {
  const given = isAbsolute ? path.absolute : path.inside
  if (given === undefined) return false
  const directory = given === '' ? '' : `${fold(given)}/`
  return loosely.stem.startsWith(directory) || directory.startsWith(loosely.stem)
}

function fold(path: string): string {
  return path.normalize('NFC').toLowerCase()
}

function glob(names: string): Glob {
  if (names === '' || names === '.') return { stem: '', fits: (path) => path === '' }
  const wild = names.search(/[*?{]/)
  return { stem: wild < 0 ? names : names.slice(0, wild).replace(/\/$/, ''), fits: globPattern(names) }
}
