// G1. `*` any text without a slash, `?` one character, `**` as a whole name any number of directories, `{a,b}` alternatives.
//     All else stands for itself, so that `[id].tsx` is a name.
// G2. Names that begin with a dot are names like others.
// G3. Time grows with the product of the lengths of pattern and path, never worse: of the stars only the last is taken back.
import { RuntimeError } from '../../state/errors.ts'

/** Whether a path, relative and with slashes, is meant by the pattern. */
export type PathFilter = (path: string) => boolean

/** @throws RuntimeError BAD_ARGUMENTS for a pattern that leads up or starts at the root, or has too many alternatives */
export function globPattern(pattern: string): PathFilter {
  if (pattern.startsWith('/') || pattern.split('/').includes('..'))
    throw new RuntimeError(
      'BAD_ARGUMENTS',
      `the pattern ${pattern} has to be relative, without ..: give the directory as \`path\``
    )
  const alternatives = expanded(pattern).map(namesOf)
  return (path) => alternatives.some((names) => fitsNames(names, path.split('/')))
}

const MAX_ALTERNATIVES = 256

type Name = readonly string[]

/** The names of a pattern, each as its characters; `./` in front and empty names are nothing. */
function namesOf(pattern: string): Name[] {
  return pattern
    .split('/')
    .filter((name) => name !== '' && name !== '.')
    .map((name) => [...name])
}

function fitsNames(pattern: readonly Name[], path: readonly string[]): boolean {
  return fits(pattern, path, { star: (name) => name.join('') === '**', one: fitsName })
}

function fitsName(pattern: Name, name: string): boolean {
  return fits(pattern, [...name], {
    star: (character) => character === '*',
    one: (character, given) => character === '?' || character === given
  })
}

interface Fit<P, T> {
  /** Whether this part of the pattern stands for any number of items. */
  star(part: P): boolean
  /** Whether this part stands for this item. */
  one(part: P, item: T): boolean
}

function fits<P, T>(pattern: readonly P[], items: readonly T[], { star, one }: Fit<P, T>): boolean {
  let part = 0
  let item = 0
  let afterStar: { part: number; item: number } | undefined
  while (item < items.length) {
    if (part < pattern.length && star(pattern[part]!)) {
      part += 1
      afterStar = { part, item }
    } else if (part < pattern.length && one(pattern[part]!, items[item]!)) {
      part += 1
      item += 1
    } else if (afterStar) {
      afterStar = { part: afterStar.part, item: afterStar.item + 1 }
      part = afterStar.part
      item = afterStar.item
    } else {
      return false
    }
  }
  return pattern.slice(part).every(star)
}

/** All that a pattern with braces stands for. Braces without a comma are characters. */
function expanded(pattern: string): string[] {
  let open = [pattern]
  const plain: string[] = []
  while (open.length > 0) {
    const next: string[] = []
    for (const one of open) {
      const choices = firstChoice(one)
      if (choices) next.push(...choices)
      else plain.push(one)
    }
    if (next.length + plain.length > MAX_ALTERNATIVES)
      throw new RuntimeError('BAD_ARGUMENTS', `the pattern has more than ${MAX_ALTERNATIVES} alternatives`)
    open = next
  }
  return plain
}

/** The pattern once for each choice of its first braces that contain a comma and no other braces. */
function firstChoice(pattern: string): string[] | undefined {
  const braces = /\{([^{}]*,[^{}]*)\}/.exec(pattern)
  if (!braces) return undefined
  const [whole, choices = ''] = braces
  const before = pattern.slice(0, braces.index)
  const after = pattern.slice(braces.index + whole.length)
  return choices.split(',').map((choice) => before + choice + after)
}
