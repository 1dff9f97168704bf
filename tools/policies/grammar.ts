// The grammar of a policy file, a rule a line:
//
//   VERDICT TOOL [CONDITION [and CONDITION]…] [for AGENT] [in sandbox] [even untrusted] [because "WORDS"]
//
//   VERDICT    allow | ask | deny
//   CONDITION  path "GLOB" | command "WORDS" | url "PATTERN"      the argument of that name
//              NAME path|command|url "PATTERN"                     an argument of another name
//              NAME is JSON | NAME in [JSON, …] | NAME like "TEXT" | NAME < NUMBER | NAME > NUMBER
//   trust "DIRECTORY"                                              in the person's own file alone
//
// Y1. A file is taken whole or not at all: the first line that is not understood refuses it, with its place.
// Y2. Nothing is guessed. A word that is not known is a mistake, also where it would only narrow.
import { RuntimeError } from '../../state/errors.ts'
import { type Predicate, type Remit, Rule } from '../../state/remit.ts'
import { pathPattern } from './path-pattern.ts'
import { type Token, tokensOf } from './tokens.ts'
import { urlPattern } from './url-pattern.ts'

export interface PolicyText {
  readonly remit: Remit
  /** Directories whose own policy may allow. */
  readonly trusted: readonly string[]
}

/** @throws RuntimeError BAD_POLICY with file, line and column */
export function parsedPolicy(text: string, file: string): PolicyText {
  const remit: Rule[] = []
  const trusted: string[] = []
  for (const [index, line] of text.split('\n').entries()) {
    const at = { file, line: index + 1 }
    const reader = new Reader(tokensOf(line.replace(/\r$/, ''), at), at)
    if (reader.isDone) continue
    if (reader.took('trust')) trusted.push(trustedIn(reader))
    else remit.push(ruleIn(reader))
  }
  return { remit, trusted }
}

/** One rule, as somebody types it. */
export function parsedRule(text: string, file: string): Rule {
  const { remit, trusted } = parsedPolicy(text, file)
  if (remit.length === 1 && trusted.length === 0) return remit[0]!
  throw new RuntimeError('BAD_POLICY', `${file}: one rule is wanted, as: allow shell command "git status *"`)
}

interface Place {
  readonly file: string
  readonly line: number
}

class Reader {
  readonly at: Place
  readonly #tokens: readonly Token[]
  #next = 0

  constructor(tokens: readonly Token[], at: Place) {
    this.#tokens = tokens
    this.at = at
  }

  get isDone(): boolean {
    return this.#next === this.#tokens.length
  }

  took(word: string): boolean {
    const isIt = this.#tokens[this.#next]?.word === word
    if (isIt) this.#next += 1
    return isIt
  }

  /** A bare word, or a text in quotes. */
  name(wanted: string): string {
    const token = this.#tokens[this.#next]
    const name = token?.word ?? (typeof token?.json === 'string' ? token.json : undefined)
    if (name === undefined || name === '') throw this.wrong(`${wanted} is wanted`)
    this.#next += 1
    return name
  }

  json(wanted: string): Token['json'] {
    const token = this.#tokens[this.#next]
    if (token?.json === undefined) throw this.wrong(`${wanted} is wanted`)
    this.#next += 1
    return token.json
  }

  text(wanted: string): string {
    const json = this.json(wanted)
    if (typeof json === 'string' && json !== '') return json
    this.#next -= 1
    throw this.wrong(`${wanted} is wanted`)
  }

  number(wanted: string): number {
    const json = this.json(wanted)
    if (typeof json === 'number') return json
    this.#next -= 1
    throw this.wrong(`${wanted} is wanted`)
  }

  wrong(why: string): RuntimeError {
    const token = this.#tokens[this.#next]
    const where = `${this.at.file}:${this.at.line}${token ? `:${token.column}` : ''}`
    return new RuntimeError('BAD_POLICY', `${where}: ${why}${token ? `, not ${token.text}` : ', and the line ends'}`)
  }
}

function trustedIn(reader: Reader): string {
  const directory = reader.text('a directory in quotes')
  if (!/^(\/|~\/)/.test(directory)) throw reader.wrong('a directory that begins with / or ~/ is wanted')
  if (!reader.isDone) throw reader.wrong('the end of the line is wanted')
  return directory
}

function ruleIn(reader: Reader): Rule {
  const verdict = (['allow', 'ask', 'deny'] as const).find((word) => reader.took(word))
  if (!verdict) throw reader.wrong('allow, ask, deny or trust is wanted')
  const tool = reader.name('the name of a tool, or *,')
  const when: Record<string, Predicate> = {}
  const rest: Partial<Pick<Rule, 'agent' | 'sandboxed' | 'evenUntrusted' | 'reason'>> = {}
  while (!reader.isDone) {
    if (reader.took('for')) rest.agent = reader.name('the path of an agent')
    else if (reader.took('in')) rest.sandboxed = followed('sandbox', reader)
    else if (reader.took('even')) rest.evenUntrusted = evenUntrustedIn(verdict, reader)
    else if (reader.took('because')) rest.reason = reader.text('a reason in quotes')
    else if (Object.keys(when).length === 0 || reader.took('and')) addCondition(when, reader)
    else throw reader.wrong('and, for, in sandbox, even untrusted or because is wanted')
  }
  const rule = Rule.safeParse({ tool, ...(Object.keys(when).length > 0 && { when }), verdict, ...rest, at: reader.at })
  if (!rule.success) throw reader.wrong(rule.error.issues[0]?.message ?? 'a rule is wanted')
  return rule.data
}

function followed(word: string, reader: Reader): true {
  if (!reader.took(word)) throw reader.wrong(`${word} is wanted`)
  return true
}

function evenUntrustedIn(verdict: Rule['verdict'], reader: Reader): true {
  const isSaid = followed('untrusted', reader)
  if (verdict === 'allow') return isSaid
  throw reader.wrong(`even untrusted is for what allows; ${verdict} holds whatever was read: another word is wanted`)
}

function addCondition(when: Record<string, Predicate>, reader: Reader): void {
  if (RESERVED.some((word) => reader.took(word))) throw reader.wrong('the name of an argument is wanted before this')
  const name = reader.name('the name of an argument')
  const predicate = predicateFor(name, reader)
  if (Object.hasOwn(when, name)) throw reader.wrong(`${name} is named twice; a rule asks one thing of each argument`)
  when[name] = predicate
}

/** An argument of such a name is written in quotes. */
const RESERVED = ['and', 'for', 'in', 'is', 'like', 'because', 'sandbox', 'even', '<', '>']

const PATTERNS = ['path', 'command', 'url'] as const
type PatternKind = (typeof PATTERNS)[number]

function predicateFor(name: string, reader: Reader): Predicate {
  const kind = PATTERNS.find((word) => reader.took(word))
  if (kind) return patternOf(kind, reader)
  if (reader.took('is')) return { equals: reader.json('a JSON value') as never }
  if (reader.took('in')) return { oneOf: listIn(reader) as never }
  if (reader.took('like')) return { matches: reader.text('a text in quotes') }
  if (reader.took('<')) return { less: reader.number('a number') }
  if (reader.took('>')) return { more: reader.number('a number') }
  const own = PATTERNS.find((word) => word === name)
  if (own) return patternOf(own, reader)
  throw reader.wrong('path, command, url, is, in, like, < or > is wanted')
}

function patternOf(kind: PatternKind, reader: Reader): Predicate {
  const text = reader.text(`a ${kind} in quotes`)
  if (kind === 'command') return { command: text }
  if (kind === 'url') {
    if (!urlPattern(text))
      throw reader.wrong(`${JSON.stringify(text)} is no pattern of a URL: the end or another rule is wanted`)
    return { url: text }
  }
  try {
    pathPattern(text)
  } catch (error) {
    throw reader.wrong(
      `${JSON.stringify(text)} is no pattern of a path (${(error as Error).message}): another one is wanted`
    )
  }
  return { path: text }
}

function listIn(reader: Reader): unknown[] {
  const json = reader.json('a list in brackets')
  if (Array.isArray(json) && json.length > 0) return json
  throw reader.wrong('a list with something in it is wanted')
}
