// A remit as it is asked: the rules that are about a tool are found once, and their patterns read once. A remit does not change
// once it has been asked.
import type { ArgumentKind, ArgumentKinds } from '../../state/policy.ts'
import type { Predicate, Remit, Rule } from '../../state/remit.ts'
import { matches } from '../pattern.ts'
import { type CommandPattern, commandPattern } from './command-pattern.ts'
import { once } from './once.ts'
import { type PathPattern, pathPattern } from './path-pattern.ts'
import { type UrlPattern, urlPattern } from './url-pattern.ts'

export interface CompiledRule {
  readonly rule: Rule
  readonly conditions: readonly Condition[]
  /** Whether it is about files as such: about `read`, or `write` and `edit`. */
  readonly isOfFiles: boolean
  /** Whether it is about the tool. */
  readonly isOfTool: boolean
}

export interface Condition {
  readonly argument: string
  readonly predicate: Predicate
  /** What its pattern is, read in each of the ways in which it may be meant. Undefined where it is none of that kind. */
  path(): PathPattern | undefined
  url(): UrlPattern | undefined
  command(): CommandPattern
}

/** Rules of a remit, in their order. */
export interface RulesFor {
  readonly rules: readonly CompiledRule[]
  /** What rules say of arguments by the predicates that they use. */
  readonly kinds: ArgumentKinds | undefined
  /** Whether one of them is for certain agents. */
  readonly namesAgents: boolean
}

/** What a command does with a file, as the tools that do the same are named. `touch`: any of it. */
export type FileUse = 'read' | 'write' | 'touch'

/** The rules that are about a tool. */
export function rulesFor(remit: Remit, tool: string): RulesFor {
  const known = compiled.get(remit)?.get(tool)
  if (known) return known
  const rules = remit.filter((rule) => matches(rule.tool, tool)).map((rule) => compiledRule(rule, {}))
  return kept(rules, { remit, key: tool })
}

/** The rules that are about what a tool does with a file: its own, and those about files as such. */
export function fileRulesFor(remit: Remit, tool: string, use: FileUse): RulesFor {
  const key = `${tool}\0${use}`
  const known = compiled.get(remit)?.get(key)
  if (known) return known
  const rules = remit.map((rule) =>
    compiledRule(rule, { isOfTool: matches(rule.tool, tool), isOfFiles: isOfFiles(rule, use) })
  )
  return kept(
    rules.filter((one) => one.isOfTool || one.isOfFiles),
    { remit, key }
  )
}

function isOfFiles({ tool, verdict }: Rule, use: FileUse): boolean {
  if (verdict === 'allow') return use !== 'touch' && matches(tool, use)
  const tools = use === 'read' ? ['read'] : use === 'write' ? ['write', 'edit'] : ['read', 'write', 'edit']
  return tools.some((each) => matches(tool, each))
}

const MAX_TOOLS = 256
const compiled = new WeakMap<Remit, Map<string, RulesFor>>()

function kept(rules: readonly CompiledRule[], { remit, key }: { remit: Remit; key: string }): RulesFor {
  const byKey = compiled.get(remit) ?? new Map<string, RulesFor>()
  compiled.set(remit, byKey)
  if (byKey.size >= MAX_TOOLS) byKey.clear()
  const fresh = { rules, kinds: kindsIn(rules), namesAgents: rules.some(({ rule }) => rule.agent !== undefined) }
  byKey.set(key, fresh)
  return fresh
}

function compiledRule(rule: Rule, { isOfTool = true, isOfFiles = false }): CompiledRule {
  return { rule, conditions: Object.entries(rule.when ?? {}).map(condition), isOfTool, isOfFiles }
}

function condition([argument, predicate]: [string, Predicate]): Condition {
  const text = typeof predicate === 'string' ? predicate : String(Object.values(predicate)[0])
  return {
    argument,
    predicate,
    path: once(() => orNone(() => pathPattern(text))),
    url: once(() => urlPattern(text)),
    command: once(() => commandPattern(text))
  }
}

/** What is no pattern of the kind fits nothing that is allowed, and makes a question of what is withheld. */
function orNone<Value>(make: () => Value): Value | undefined {
  try {
    return make()
  } catch {
    return undefined
  }
}

function kindsIn(rules: readonly CompiledRule[]): ArgumentKinds | undefined {
  const kinds = rules.flatMap(({ conditions }) =>
    conditions.flatMap(({ argument, predicate }): [string, ArgumentKind][] => {
      if (typeof predicate === 'string') return []
      if ('command' in predicate) return [[argument, 'command']]
      if ('path' in predicate) return [[argument, 'path']]
      return 'url' in predicate ? [[argument, 'url']] : []
    })
  )
  return kinds.length > 0 ? Object.fromEntries(kinds) : undefined
}
