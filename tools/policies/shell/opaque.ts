// O1. A command is opaque where it starts another command, changes the shell, runs a program that it is handed, or is told so
//     by an option: what its words say is not all that happens.
// O2. In doubt it is opaque. The price is a question.
import {
  HARMLESS_SED,
  INTERPRETERS,
  SCRIPTED_BY_ARGUMENT,
  SHELL_CHANGERS,
  STARTERS,
  STARTING_OPTIONS,
  STARTING_SUBCOMMANDS
} from './programs.ts'
import type { Opaque } from './simple-command.ts'
import type { Word } from './words.ts'

/** Why a command may do more than its words say, if it may. */
export function opacityOf(words: readonly Word[]): Opaque | undefined {
  const [name, ...rest] = words
  if (!name) return undefined
  if (!name.fixed) return { reason: 'which command it is, is known only when it runs' }
  const program = programOf(name)
  if (STARTERS.has(program)) return { reason: `${program} starts other commands`, upTo: 0 }
  if (SHELL_CHANGERS.has(program)) return { reason: `${program} changes what the shell does`, upTo: 0 }
  if (INTERPRETERS.has(program)) return ofInterpreter(program, rest)
  return byOptions(program, rest) ?? (program === 'sed' ? ofSed(rest) : undefined) ?? bySubscript(program, rest)
}

/** A program by its name alone, however its path is written. */
export function programOf({ value }: Word): string {
  return value.slice(value.lastIndexOf('/') + 1).replace(/^(python|pypy|ruby|perl|lua|php|node)[\d.]+$/, '$1')
}

function ofInterpreter(program: string, args: readonly Word[]): Opaque | undefined {
  const [script] = args
  const isFile = script?.fixed && /^[^-+]/.test(script.value) && !SCRIPTED_BY_ARGUMENT.has(program)
  if (isFile) return undefined
  const code = args.findIndex(({ value }) => /^[^-+]/.test(value))
  return { reason: `${program} runs a program that it is handed`, upTo: 1 + Math.max(0, code) }
}

function byOptions(program: string, args: readonly Word[]): Opaque | undefined {
  const options = STARTING_OPTIONS[program] ?? []
  if (options.length > 0 && args.some(({ fixed }) => !fixed))
    return { reason: `what the shell makes of a word may be an option with which ${program} does more` }
  const subcommands = STARTING_SUBCOMMANDS[program]
  // What stands behind an option may be its value, and the one after that the subcommand.
  const first = args.findIndex(({ value }) => !value.startsWith('-'))
  let last: number | undefined
  for (const [at, { value }] of args.entries()) {
    if (isOneOf(value, options)) last = value.includes('=') || at + 1 === args.length ? at : at + 1
    else if (subcommands?.has(value) && (at === 0 || first > 0)) last = at
    else if (program === 'git' && /^(?:ext|fd)::/.test(value)) last = at
  }
  return last === undefined
    ? undefined
    : { reason: `${program} is told to do more: ${args[last]!.value}`, upTo: 1 + last }
}

/** Whether a word is one of the options, also shortened, with its value behind it, or in a bunch of letters. */
function isOneOf(value: string, options: readonly string[]): boolean {
  if (!value.startsWith('-') || value === '-' || value === '--') return false
  const [given = ''] = value.split('=')
  return options.some((option) => {
    if (given === option) return true
    if (option.startsWith('--')) return given.length > 3 && option.startsWith(given)
    if (option.length > 2) return false
    return !value.startsWith('--') && value.includes(option[1]!)
  })
}

function ofSed(args: readonly Word[]): Opaque | undefined {
  const script = args.findIndex(({ value }) => !value.startsWith('-'))
  const plain = args.every(({ value }, at) => at >= script || /^-[nErsu]+$/.test(value))
  if (plain && script >= 0 && args[script]!.fixed && HARMLESS_SED.test(args[script]!.value)) return undefined
  return { reason: 'sed runs a program that it is handed', upTo: 1 + Math.max(0, script) }
}

const SUBSCRIPTED = new Set(['test', '[', 'printf'])

/** The shell's own commands evaluate a subscript in a name, and what it says to start. */
function bySubscript(program: string, args: readonly Word[]): Opaque | undefined {
  if (!SUBSCRIPTED.has(program)) return undefined
  const at = args.findIndex(({ value }) => /\[.*[$`]/.test(value))
  return at < 0 ? undefined : { reason: `${program} evaluates ${args[at]!.value}`, upTo: 1 + at }
}
