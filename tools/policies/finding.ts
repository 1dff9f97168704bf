// D1. In one remit the first rule that matches decides.
// D2. A withholding rule of which nobody can tell whether it matches makes what follows at least a question.
import type { LayerName, Policy } from '../../state/policy.ts'
import type { Remit, Rule } from '../../state/remit.ts'
import { type CompiledRule, fileRulesFor, type RulesFor, rulesFor } from './compiled.ts'
import type { Match } from './match.ts'
import { matchesFileRule, matchesRule, type Subject } from './rule-match.ts'

/** What a remit, or a layer of a policy, says of one thing that a call touches. */
export interface Finding {
  readonly kind: Rule['verdict']
  readonly rule: Rule
  /** What the rule says if it is about this, which nobody can tell before it happens. */
  readonly doubted?: 'ask' | 'deny'
  readonly layer?: LayerName
}

/** Undefined where no rule says anything. */
export function findingIn(remit: Remit, subject: Subject): Finding | undefined {
  let doubt: Finding | undefined
  for (const compiled of rulesAbout(remit, subject).rules) {
    const match = matchOf(compiled, subject)
    const { rule } = compiled
    if (match === 'no' || (match === 'maybe' && rule.verdict === 'allow')) continue
    const kind = kindOf(rule)
    if (match === 'yes') return kind === 'deny' ? { kind, rule } : (doubt ?? { kind, rule })
    if (doubt?.doubted !== 'deny') doubt = { kind: 'ask', rule, doubted: kind === 'ask' ? 'ask' : 'deny' }
  }
  return doubt
}

/**
 * What a policy says: a deny of any layer, else the doubt of any, else what the strongest layer says that says anything.
 */
export function findingUnder(policy: Policy, subject: Subject): Finding | undefined {
  let decided: Finding | undefined
  for (const { name, remit } of policy) {
    const found = findingIn(remit, subject)
    if (!found) continue
    const finding = { ...found, layer: name }
    if (found.kind === 'deny') return finding
    if (decided?.doubted !== 'deny' && !(decided?.doubted && !found.doubted)) decided = finding
  }
  return decided
}

/** Whatever is neither allow nor ask denies, also what no schema has seen. */
function kindOf({ verdict }: Rule): Rule['verdict'] {
  return verdict === 'allow' || verdict === 'ask' ? verdict : 'deny'
}

export function rulesAbout(remit: Remit, { call, resource }: Subject): RulesFor {
  if (resource.kind === 'file') return fileRulesFor(remit, call.name, resource.access)
  if (resource.kind === 'mention') return fileRulesFor(remit, call.name, 'touch')
  return rulesFor(remit, call.name)
}

function matchOf(compiled: CompiledRule, subject: Subject): Match {
  const { resource } = subject
  const own = compiled.isOfTool ? matchesRule(compiled, subject) : 'no'
  if (own === 'yes' || !compiled.isOfFiles || !('path' in resource)) return own
  const ofFile = matchesFileRule(compiled, resource.path, subject)
  return ofFile === 'no' ? own : ofFile
}
