// P1. In one remit the first rule that matches decides; where none does, the answer is ask.
// P2. Over several remits (the agent's own, then each one above) the strictest verdict stands, so that a child never
//     exceeds its parent. No remit at all is asked about.
// P3. A grant turns an ask about exactly its arguments into allow. It never beats a deny.
// P4. What was done on the part of a branch that was left is asked about before it is done again, also where the remits allow
//     it. A grant of the same tree does allow it: it was given by somebody who stood on the new branch.
import type { Repeat } from '../state/branches.ts'
import { type Call, type DoneBefore, strictest, type Verdict } from '../state/calls.ts'
import type { Authority } from '../state/context.ts'
import type { Remit, Rule } from '../state/remit.ts'
import type { Confinement } from '../state/sandbox.ts'
import { argsHash } from './args-hash.ts'
import { matches } from './pattern.ts'

/** A call as policy sees it: `args` are what would run, defaults filled in. */
export type PolicedCall = Pick<Call, 'name' | 'args'> & {
  /** Whether its tool runs in a sandbox; none for a tool that says nothing of it. */
  readonly confinement?: (() => Confinement) | undefined
}

const ALLOW: Verdict = { kind: 'allow' }

/** What one remit says of a call. */
export function verdictOf(remit: Remit, call: PolicedCall): Verdict {
  for (const rule of remit) if (ruleMatches(rule, call)) return verdictBy(rule, call)
  return { kind: 'ask', reason: `no rule covers ${call.name}` }
}

/** What all remits together say of a call. */
export function strictestOf(remits: readonly Remit[], call: PolicedCall): Verdict {
  if (remits.length === 0) return verdictOf([], call)
  return remits.reduce((sofar, remit, level) => strictest(sofar, seenFrom(level, verdictOf(remit, call))), ALLOW)
}

/**
 * What an authority says of a call. A grant is for the call as it was `asked` about, where policy sees another form of it; a
 * repetition is found in any form, also as the model has `written` it.
 */
export function judge(
  call: PolicedCall,
  { remits, grants, repeats = [], hooked, asked = call, written = call }: Authority & Partial<Record<Form, PolicedCall>>
): Verdict {
  const byRemits = strictestOf(remits, call)
  const verdict = hooked ? strictest(byRemits, hooked) : byRemits
  if (verdict.kind === 'deny') return verdict
  const before = repeats.length > 0 ? doneBefore(repeats, [call, asked, written]) : undefined
  if ((verdict.kind === 'ask' || before) && isGranted(grants, asked)) return ALLOW
  return before ? { kind: 'ask', reason: reasonToRepeat(verdict), doneBefore: before } : verdict
}
type Form = 'asked' | 'written'

function doneBefore(repeats: readonly Repeat[], forms: readonly PolicedCall[]): DoneBefore | undefined {
  const [{ name }] = forms as readonly [PolicedCall]
  const candidates = repeats.filter(({ tool }) => tool === name)
  if (candidates.length === 0) return undefined
  const hashes = new Set(forms.map(({ args }) => argsHash(args)))
  const found = candidates.find((repeat) => hashes.has(repeat.argsHash))
  return found && { threadId: found.threadId, toolCallId: found.toolCallId, startedAt: found.startedAt }
}

function reasonToRepeat(verdict: Verdict): string {
  const repeated = 'it was done already on the branch that was left, and would be done again'
  return verdict.kind === 'ask' ? `${verdict.reason}; ${repeated}` : repeated
}

/** Whether the remits allow a call by themselves, and so may answer for it. */
export function covers(remits: readonly Remit[], call: PolicedCall): boolean {
  return strictestOf(remits, call).kind === 'allow'
}

function isGranted(grants: Authority['grants'], { name, args }: PolicedCall): boolean {
  const candidates = grants.filter((grant) => grant.tool === name)
  if (candidates.length === 0) return false
  const hash = argsHash(args)
  return candidates.some((grant) => grant.argsHash === hash)
}

function ruleMatches(rule: Rule, { name, args }: PolicedCall): boolean {
  if (!matches(rule.tool, name)) return false
  if (!rule.when) return true
  for (const [argument, pattern] of Object.entries(rule.when)) {
    const text = Object.hasOwn(args, argument) ? textOf(args[argument]) : undefined
    if (text === undefined || !matches(pattern, text)) return false
  }
  return true
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : JSON.stringify(value)
}

/** Whatever is neither allow nor ask denies, also what no schema has seen. */
function verdictBy(rule: Rule, call: PolicedCall): Verdict {
  if (rule.verdict === 'allow') return rule.inSandbox ? ifConfined(call) : ALLOW
  return { kind: rule.verdict === 'ask' ? 'ask' : 'deny', reason: reasonOf(rule) }
}

/** What was allowed for a sandbox is asked about without one. */
function ifConfined({ name, confinement }: PolicedCall): Verdict {
  const found = confinement?.() ?? { sandboxed: false, reason: `${name} knows of none` }
  if (found.sandboxed) return ALLOW
  return { kind: 'ask', reason: `${name} is allowed in a sandbox only, and would run without: ${found.reason}` }
}

function reasonOf({ tool, when, verdict, reason }: Rule): string {
  const where = Object.entries(when ?? {}).map(([argument, pattern]) => `${argument} is "${pattern}"`)
  const rule = `rule: ${verdict} ${tool}${where.length > 0 ? ` where ${where.join(' and ')}` : ''}`
  return reason ? `${reason} (${rule})` : rule
}

/** The agent knows its own remit only; of any other the reason says where it stands. */
function seenFrom(level: number, verdict: Verdict): Verdict {
  if (level === 0 || verdict.kind === 'allow') return verdict
  return { kind: verdict.kind, reason: `${verdict.reason}, in the remit ${level} above` }
}
