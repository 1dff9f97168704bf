// C1. A pattern is words. In each `*` stands for any text; as a word of its own for one word, and as the last one for any
//     number of them: `git status *` is `git status` with anything behind it, `git status` is nothing but that, `gitk` neither.
// C2. A rule that allows is read to the letter, and nothing that only the shell will know fits a word that is named.
// C3. One that withholds finds its command also by another path, in other case, with options before the words that it names,
//     and by the letters of its own options in whatever order.
import { matches } from '../pattern.ts'
import type { Match, Purpose } from './match.ts'
import type { SimpleCommand } from './shell/simple-command.ts'
import type { Word } from './shell/words.ts'

export interface CommandPattern {
  readonly words: readonly string[]
  /** Whether more words may follow. */
  readonly open: boolean
  /** Its parts, for a rule that withholds: the program in lower case, the words behind it, the letters of its options. */
  readonly program: string
  readonly named: readonly string[]
  readonly bunches: readonly string[]
}

export function commandPattern(pattern: string): CommandPattern {
  const all = pattern.trim().split(/\s+/)
  const open = all.at(-1) === '*'
  const words = open ? all.slice(0, -1) : all
  const [program = '*', ...rest] = words
  return {
    words,
    open,
    program: program.toLowerCase(),
    named: rest.filter((word) => !isBunch(word)),
    bunches: rest.filter(isBunch)
  }
}

export function matchesCommand(pattern: CommandPattern, command: SimpleCommand, purpose: Purpose): Match {
  return purpose === 'allow' ? isMeant(pattern, command) : isFound(pattern, command)
}

function isMeant({ words, open }: CommandPattern, { words: given, opaque }: SimpleCommand): Match {
  if (opaque && (opaque.upTo === undefined || !namesUpTo(words, opaque.upTo))) return 'maybe'
  if (given.length < words.length || (!open && given.length > words.length)) return 'no'
  return words.every((word, at) => fits(word, given[at]!)) ? 'yes' : 'no'
}

/** Whether the words up to one are all named, and none left to a star. */
function namesUpTo(words: readonly string[], upTo: number): boolean {
  return words.length > upTo && words.slice(0, upTo + 1).every((word) => !word.includes('*'))
}

function fits(pattern: string, { value, fixed }: Word): boolean {
  return fixed && matches(pattern, value)
}

function isFound(pattern: CommandPattern, { words, opaque }: SimpleCommand): Match {
  const isIt = words.length > 0 && isProgram(pattern.program, words[0]!)
  if (isIt && isNamed(pattern, words.slice(1))) return 'yes'
  if (opaque) return 'maybe'
  // What is not fixed may become any word, or several, or none.
  return isIt && words.some(({ fixed }) => !fixed) ? 'maybe' : 'no'
}

function isNamed({ named, bunches, open }: CommandPattern, args: readonly Word[]): boolean {
  if (!bunches.every((bunch) => hasLetters(bunch, args))) return false
  return [...afterAll(named, args)].some((end) => open || args.slice(end).every(({ value }) => value.startsWith('-')))
}

function isProgram(wanted: string, { value, fixed }: Word): boolean {
  if (!fixed) return false
  const given = value.toLowerCase()
  return matches(wanted, given) || (given.includes('/') && matches(wanted, given.slice(given.lastIndexOf('/') + 1)))
}

/** The places behind the last of the named words, wherever options stand before each. */
function afterAll(named: readonly string[], args: readonly Word[]): ReadonlySet<number> {
  return named.reduce<ReadonlySet<number>>(
    (places, word) => {
      const found = [...pastOptions(places, args)].filter((at) => args[at]!.fixed && matches(word, args[at]!.value))
      return new Set(found.map((at) => at + 1))
    },
    new Set([0])
  )
}

/** These places, and those behind options that stand there, each with no value or with one. */
function pastOptions(places: ReadonlySet<number>, args: readonly Word[]): ReadonlySet<number> {
  const reached = new Set(places)
  for (const at of reached) if (args[at]?.value.startsWith('-')) reached.add(at + 1).add(at + 2)
  return new Set([...reached].filter((at) => at < args.length))
}

function isBunch(word: string): boolean {
  return /^-[A-Za-z]+$/.test(word)
}

function hasLetters(bunch: string, args: readonly Word[]): boolean {
  const given = args.filter(({ value }) => /^-[^-]/.test(value)).map(({ value }) => value)
  return [...bunch.slice(1)].every((letter) => given.some((each) => each.includes(letter)))
}
