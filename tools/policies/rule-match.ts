import type { ArgumentKind, ArgumentKinds } from '../../state/policy.ts'
import type { Predicate } from '../../state/remit.ts'
import type { Confinement } from '../../state/sandbox.ts'
import { matches } from '../pattern.ts'
import { matchesCommand } from './command-pattern.ts'
import type { CompiledRule, Condition } from './compiled.ts'
import { argumentOf, holds } from './json-predicate.ts'
import { allOf, type Match, type Purpose } from './match.ts'
import { type PathFact, pathFact, type Workspace, workspaceAt } from './path-fact.ts'
import { type Extent, matchesPath } from './path-pattern.ts'
import type { NamedPath, PolicedCall, Resource } from './resources.ts'
import { matchesUrl } from './url-pattern.ts'

/** What a rule is held against: one thing that a call touches, and where the call is made. */
export interface Subject {
  readonly call: PolicedCall
  readonly kinds: ArgumentKinds | undefined
  readonly resource: Resource
  /** The path of the agent for whom it is asked. */
  readonly agent: string | undefined
  readonly workspace: string | undefined
  /** What is looked up at most once, however many rules are asked: where paths lead, and whether the tool runs in a sandbox. */
  readonly facts: { known?: Map<string, PathFact | undefined>; workspace?: Workspace; confinement?: Confinement }
}

/** Whether a rule is about a subject. Its tool is about that of the call. */
export function matchesRule({ rule, conditions }: CompiledRule, subject: Subject): Match {
  if (rule.sandboxed && !isConfined(subject)) return 'no'
  const purpose: Purpose = rule.verdict === 'allow' ? 'allow' : 'withhold'
  if (rule.agent !== undefined && !isAgent(rule.agent, subject, purpose)) return 'no'
  const { resource } = subject
  if (resource.kind === 'mention') return 'no'
  if (
    resource.kind === 'suspect' &&
    (purpose === 'allow' || !conditions.some((one) => kindOf(one, subject) === 'command'))
  )
    return 'no'
  // A line opens files as it likes where any line is allowed; a rule about commands says nothing of files.
  if (resource.kind === 'file' && conditions.some(({ argument }) => argument === resource.argument)) return 'no'
  if (conditions.length === 0) return 'yes'
  return allOf(conditions, (condition) => matchesCondition(condition, subject, purpose))
}

/** Whether a rule about files is about one that a line opens or names. */
export function matchesFileRule({ rule, conditions }: CompiledRule, path: NamedPath, subject: Subject): Match {
  const purpose: Purpose = rule.verdict === 'allow' ? 'allow' : 'withhold'
  if (subject.resource.kind === 'mention' && (purpose === 'allow' || conditions.length === 0)) return 'no'
  if (rule.sandboxed && !isConfined(subject)) return 'no'
  if (rule.agent !== undefined && !isAgent(rule.agent, subject, purpose)) return 'no'
  const match = allOf(conditions, ({ argument, predicate, path: pattern }) => {
    if (argument !== 'path' || !(typeof predicate === 'string' || 'path' in predicate)) return 'no'
    const read = pattern()
    if (!read) return 'maybe'
    return matchesNamed(path, subject, (fact, extent) => matchesPath(read, fact, { purpose, extent }))
  })
  // Of a word that may name anything it is worth a question whether that is denied, not whether it would be asked about.
  return match === 'maybe' && subject.resource.kind === 'mention' && rule.verdict === 'ask' ? 'no' : match
}

function isConfined({ call, facts }: Subject): boolean {
  facts.confinement ??= call.confinement?.() ?? { sandboxed: false, reason: `${call.name} knows of none` }
  return facts.confinement.sandboxed
}

/** Where nobody says which agent it is, it is any that something is withheld from. */
function isAgent(pattern: string, { agent }: Subject, purpose: Purpose): boolean {
  return agent === undefined ? purpose === 'withhold' : matches(pattern, agent)
}

function kindOf({ argument, predicate }: Condition, { kinds }: Subject): ArgumentKind | 'json' {
  if (typeof predicate === 'string') return kinds?.[argument] ?? 'json'
  if ('path' in predicate) return kinds?.[argument] === 'tree' ? 'tree' : 'path'
  if ('url' in predicate) return 'url'
  return 'command' in predicate ? 'command' : 'json'
}

function matchesCondition(condition: Condition, subject: Subject, purpose: Purpose): Match {
  const { call, resource } = subject
  const value = argumentOf(call.args, condition.argument)
  if (value === undefined) return 'no'
  const kind = kindOf(condition, subject)
  switch (kind) {
    case 'command': {
      const command = resource.kind === 'command' || resource.kind === 'suspect' ? resource : undefined
      if (command?.argument === condition.argument) return matchesCommand(condition.command(), command.command, purpose)
      return 'maybe'
    }
    case 'url':
      return matchesUrl(condition.url(), value, purpose)
    case 'path':
    case 'tree':
    case 'directory': {
      const pattern = condition.path()
      if (!pattern || typeof value !== 'string') return 'maybe'
      return matchesPath(pattern, factOf(value, undefined, subject), {
        purpose,
        extent: kind === 'tree' ? 'tree' : 'path'
      })
    }
    case 'patch':
    case 'json':
      return holds(asJson(condition.predicate), value) ? 'yes' : 'no'
  }
}

function asJson(predicate: Predicate): Parameters<typeof holds>[0] {
  return (typeof predicate === 'string' ? { matches: predicate } : predicate) as Parameters<typeof holds>[0]
}

/** A path may be relative to any of these directories; a command may go on to all that is below it. */
function matchesNamed(
  { path, from }: NamedPath,
  subject: Subject,
  match: (fact: PathFact | undefined, extent: Extent) => Match
): Match {
  if (path === undefined || (from.length === 0 && !path.startsWith('/'))) return 'maybe'
  const extent = subject.resource.kind === 'mention' ? 'tree' : 'path'
  if (from.length < 2) return match(factOf(path, from[0] ?? '.', subject), extent)
  const found = from.map((each) => match(factOf(path, each, subject), extent))
  return new Set(found).size === 1 ? found[0]! : 'maybe'
}

function factOf(path: string, from: string | undefined, { facts, workspace }: Subject): PathFact | undefined {
  const key = from === undefined ? path : `${from}\0${path}`
  facts.known ??= new Map()
  if (facts.known.has(key)) return facts.known.get(key)
  if (workspace !== undefined) facts.workspace ??= workspaceAt(workspace)
  const fact = pathFact(path, { workspace: facts.workspace, from })
  facts.known.set(key, fact)
  return fact
}
