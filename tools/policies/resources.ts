// What a call touches. Most calls are one thing; a line of shell is each of its commands, the files that it opens by itself,
// and those that its words name. Each is judged by itself, and the strictest verdict is the call's.
import type { Call } from '../../state/calls.ts'
import type { ArgumentKind, ArgumentKinds } from '../../state/policy.ts'
import type { Confinement } from '../../state/sandbox.ts'
import { filesNamedIn } from '../coding/patch-text.ts'
import { programIn } from './shell/command-line.ts'
import { parsedLine } from './shell/parsed-line.ts'
import { WITHOUT_FILES } from './shell/programs.ts'
import type { CommandLine, SimpleCommand } from './shell/simple-command.ts'
import type { Word } from './shell/words.ts'

/** A call as policy sees it: `args` are what would run, defaults filled in; `kinds` what the tool says they are. */
export type PolicedCall = Pick<Call, 'name' | 'args'> & {
  readonly kinds?: ArgumentKinds | undefined
  /** Whether its tool runs in a sandbox; none for a tool that says nothing of it. */
  readonly confinement?: (() => Confinement) | undefined
  /** Whether its tool changes or sends anything; it may where nobody says so. */
  readonly acts?: boolean | undefined
}

export type Resource =
  | { readonly kind: 'call' }
  /** One command of a line. */
  | { readonly kind: 'command'; readonly argument: string; readonly command: SimpleCommand }
  /** What a command may start: a rule may withhold it, none has to allow it. */
  | { readonly kind: 'suspect'; readonly argument: string; readonly command: SimpleCommand }
  /** A file that a line opens, or a patch changes. */
  | { readonly kind: 'file'; readonly argument: string; readonly access: 'read' | 'write'; readonly path: NamedPath }
  /** A file that a word names: a rule may withhold it, none has to allow it. */
  | { readonly kind: 'mention'; readonly path: NamedPath }

/** A path as a command names it; each of the directories that it may be relative to. */
export interface NamedPath {
  readonly text: string
  /** Undefined where only the shell will know. */
  readonly path: string | undefined
  readonly from: readonly string[]
}

const ITSELF: readonly Resource[] = [{ kind: 'call' }]

export function resourcesOf({ args }: PolicedCall, kinds: ArgumentKinds | undefined): readonly Resource[] {
  if (!kinds) return ITSELF
  const patches = textsOf(args, kinds, 'patch')
  if (patches.length > 0) return [...ITSELF, ...patches.flatMap(ofPatch)]
  const lines = textsOf(args, kinds, 'command')
  if (lines.length === 0) return ITSELF
  const directory = Object.keys(kinds).find((name) => kinds[name] === 'directory')
  const start = directory !== undefined && typeof args[directory] === 'string' ? args[directory] : '.'
  return lines.flatMap(([argument, text]) => ofLine(text, { argument, start }))
}

function textsOf(args: Call['args'], kinds: ArgumentKinds, wanted: ArgumentKind): [argument: string, text: string][] {
  return Object.entries(kinds).flatMap(([argument, kind]): [string, string][] => {
    const value = args[argument]
    return kind === wanted && typeof value === 'string' ? [[argument, value]] : []
  })
}

function ofPatch([argument, text]: [string, string]): Resource[] {
  return filesNamedIn(text).map((path) => ({
    kind: 'file',
    argument,
    access: 'write',
    path: { text: path, path, from: ['.'] }
  }))
}

function ofLine(text: string, { argument, start }: { argument: string; start: string }): Resource[] {
  const line = parsedLine(text)
  const from = directoriesOf(line, start)
  const commands = line.commands.length > 0 ? line.commands : [{ text, words: [] }]
  return [
    ...commands.map((command) => ({ kind: 'command' as const, argument, command })),
    ...line.suspects.map((command) => ({ kind: 'suspect' as const, argument, command })),
    ...line.redirections.map(({ access, target }) => ({
      kind: 'file' as const,
      argument,
      access,
      path: { text: target.value, path: target.fixed ? target.value : undefined, from }
    })),
    ...mentioned(line).map((word) => ({
      kind: 'mention' as const,
      path: { text: word.value, path: word.fixed ? word.value : undefined, from }
    }))
  ]
}

const MAX_DIRECTORIES = 8

/** Where the commands of a line may work: where it starts, and wherever it goes. One that is not known is none of ours. */
function directoriesOf({ commands }: CommandLine, start: string): readonly string[] {
  const found = new Set([start])
  for (const command of commands) {
    if (!/^(cd|pushd)$/.test(programIn(command) ?? '')) continue
    const target = command.words.slice(1).find(({ value }) => !/^-[LPe@n]*$/.test(value))
    if (!target?.fixed || found.size >= MAX_DIRECTORIES) return []
    for (const each of [...found]) found.add(target.value.startsWith('/') ? target.value : `${each}/${target.value}`)
  }
  return [...found]
}

function mentioned({ commands, suspects }: CommandLine): Word[] {
  const found = new Map<string, Word>()
  for (const word of [...commands, ...suspects].flatMap(filesNamed)) {
    const key = `${word.fixed} ${word.value}`
    if (found.size < MAX_MENTIONS) found.set(key, word)
    else return [...found.values(), { value: '…', fixed: false }]
  }
  return [...found.values()]
}

/** Of more files nobody will say which they are. */
const MAX_MENTIONS = 256

/** The words of a command that may be names of files: all that are no option, and what an option has as its value. */
function filesNamed(command: SimpleCommand): Word[] {
  if (WITHOUT_FILES.has(programIn(command) ?? '')) return []
  return command.words.slice(1).flatMap(({ value, fixed }) => {
    const named = VALUE.exec(value)?.[1] ?? (fixed && value.startsWith('-') ? '' : value)
    const file = named.replace(/^@|^file:\/\//, '')
    return file === '' ? [] : [{ value: file, fixed }]
  })
}

/** `--file=NAME`, `if=NAME`, `-fNAME` */
const VALUE = /^(?:-{0,2}[\w-]+=|-[A-Za-z])(.+)$/s
