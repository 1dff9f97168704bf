// E1. What is learned is the least that is of use: a file, a host, a command word by word; of some programs whatever stands
//     behind their subcommand.
// E2. Nothing is learned of what runs other programs, or is not known before it runs: the next one would be another.
import { posix } from 'node:path'
import type { Lesson } from '../../state/explanation.ts'
import type { ArgumentKind } from '../../state/policy.ts'
import { allow, type Predicate, type Remit } from '../../state/remit.ts'
import type { PolicedCall } from './resources.ts'
import { programIn } from './shell/command-line.ts'
import { parsedLine } from './shell/parsed-line.ts'
import { INTERPRETERS } from './shell/programs.ts'
import type { SimpleCommand } from './shell/simple-command.ts'

/** The rules that an approval of this call teaches, for calls like it. */
export function lessonOf({ name, args, kinds = {} }: PolicedCall): Lesson {
  const given = Object.entries(kinds).filter(([argument, kind]) => args[argument] !== undefined && kind !== 'directory')
  const [command] = given.filter(([, kind]) => kind === 'command')
  if (command) return ofLine(name, { argument: command[0], text: args[command[0]] })
  if (given.some(([, kind]) => kind === 'patch'))
    return { ok: false, reason: 'no patch is like another: only exactly this one can be approved' }
  const when: Record<string, Predicate> = {}
  for (const [argument, kind] of given) {
    const predicate = predicateOf(kind, args[argument])
    if (typeof predicate === 'string') return { ok: false, reason: predicate }
    when[argument] = predicate
  }
  if (given.length > 0) return { ok: true, rules: [allow(name, when)] }
  return {
    ok: false,
    reason: `nothing about ${name} can be told from its arguments: only exactly these can be approved`
  }
}

function ofLine(tool: string, { argument, text }: { argument: string; text: unknown }): Lesson {
  const line = parsedLine(String(text))
  const [opened] = line.redirections
  if (opened) return { ok: false, reason: `it opens ${opened.target.value} by itself` }
  const rules: Remit = []
  for (const command of line.commands) {
    const reason = whyNot(command)
    if (reason) return { ok: false, reason: `${command.text}: ${reason}` }
    rules.push(allow(tool, { [argument]: { command: patternOf(command).text } }))
  }
  return rules.length > 0 ? { ok: true, rules } : { ok: false, reason: 'it has no command' }
}

/** Words that mean in a pattern what they mean in a command. */
const PLAIN = /^[A-Za-z0-9_./:@%+=,-]+$/

function whyNot(command: SimpleCommand): string | undefined {
  const program = programIn(command) ?? ''
  if (command.opaque) return command.opaque.reason
  if (INTERPRETERS.has(program)) return `${program} runs programs`
  const odd = command.words.find(({ value, fixed }) => !fixed || !PLAIN.test(value))
  if (odd && !patternOf(command).isOpen) return `${odd.value} cannot be put into a rule`
  return command.words.length === 0 ? 'it has no words' : undefined
}

/** How a command is written in a rule: its subcommand with anything behind it where that does no harm, else word by word. */
function patternOf({ words }: SimpleCommand): { text: string; isOpen: boolean } {
  const [program = '', ...args] = words.map(({ value }) => value)
  const known = OPEN[program]?.find((names) =>
    names.every((name, at) => name === args[at] || (name === '*' && isName(args[at])))
  )
  if (!known) return { text: [program, ...args].join(' '), isOpen: false }
  return { text: [program, ...args.slice(0, known.length), '*'].join(' '), isOpen: true }
}

function isName(word: string | undefined): boolean {
  return word !== undefined && PLAIN.test(word) && !word.startsWith('-')
}

const subcommands = (text: string) => text.split(',').map((each) => each.trim().split(' '))
const NPM = subcommands('test, run *, ls, outdated')

/** Whatever stands behind these does nothing that they do not do themselves; where it does, the command is opaque. */
const OPEN: Readonly<Record<string, readonly (readonly string[])[]>> = {
  git: subcommands('status, diff, log, show, add, fetch, blame, ls-files, rev-parse, describe, shortlog'),
  npm: NPM,
  pnpm: NPM,
  yarn: NPM,
  cargo: subcommands('build, test, check, clippy, fmt'),
  go: subcommands('build, test, vet')
}

/** A predicate, or in words why there is none. */
function predicateOf(kind: ArgumentKind, value: unknown): Exclude<Predicate, string> | string {
  if (kind === 'url') return ofUrl(value)
  if (typeof value !== 'string') return 'a path is no text'
  const path = posix.normalize(value)
  if (/[*?{}]/.test(path) || path.startsWith('~') || path.split('/').includes('..'))
    return `${value} cannot be put into a rule`
  return { path: kind === 'tree' ? posix.join(path, '**') : path }
}

function ofUrl(value: unknown): Exclude<Predicate, string> | string {
  if (typeof value !== 'string' || !URL.canParse(value)) return `${String(value)} is no URL`
  const { protocol, host, hostname } = new URL(value)
  return hostname === '' || hostname.includes('*') ? `${value} names no host` : { url: `${protocol}//${host}` }
}
