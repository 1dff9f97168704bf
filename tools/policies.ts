// P1. In one remit the first rule that matches decides; where none does, the answer is ask.
// P2. Over several remits (the agent's own, then each one above) the strictest verdict stands, so that a child never
//     exceeds its parent. No remit at all is asked about.
// P3. Of a call that touches several things, each is judged; the strictest verdict stands. So a deny is found before anybody is
//     asked about the rest.
// P4. What the person at the root has said in advance holds for every rung: their deny and their ask stand, their allow
//     answers what a remit would ask. It never beats a deny.
// P5. A grant turns an ask into allow: one about exactly its arguments, or what its rules allow. It never beats a deny.
// P6. What was done on the part of a branch that was left is asked about before it is done again, also where the remits allow
//     it. A grant for exactly that does allow it: it was given by somebody who stood on the new branch.
// P7. Once text of a stranger was read, what writes or sends is asked about where a rule would allow it that does not say that it
//     holds even so. A person's yes to exactly this call stays one; what was learned counts if it was learned of such a call.
import type { Repeat } from '../state/branches.ts'
import { type DoneBefore, strictest, type Verdict } from '../state/calls.ts'
import type { Authority } from '../state/context.ts'
import type { Remit } from '../state/remit.ts'
import { argsHash } from './args-hash.ts'
import { findingIn } from './policies/finding.ts'
import { type Levels, type Part, partsOf, rungReason } from './policies/parts.ts'
import { resourceText } from './policies/reasons.ts'
import type { PolicedCall } from './policies/resources.ts'

export type { PolicedCall } from './policies/resources.ts'

const ALLOW: Verdict = { kind: 'allow' }

/** What one remit says of a call. */
export function verdictOf(remit: Remit, call: PolicedCall): Verdict {
  return strictestOf([remit], call)
}

/** What all remits together say of a call, and the policy above them. */
export function strictestOf(remits: readonly Remit[], call: PolicedCall, where: Omit<Levels, 'remits'> = {}): Verdict {
  return verdictOn(partsOf(call, { ...where, remits }))
}

/**
 * What an authority says of a call. A grant is for the call as it was `asked` about, where policy sees another form of it; a
 * repetition is found in any form, also as the model has `written` it.
 */
export function judge(call: PolicedCall, authority: Authority & Partial<Record<Form, PolicedCall>>): Verdict {
  const { grants, repeats = [], hooked, asked = call, written = call } = authority
  const parts = partsOf(call, authority)
  const byRules = verdictOn(parts)
  const verdict = hooked ? strictest(byRules, hooked) : byRules
  if (verdict.kind === 'deny') return verdict
  const before = repeats.length > 0 ? doneBefore(repeats, [call, asked, written]) : undefined
  if ((verdict.kind === 'ask' || before) && isGranted(grants, asked)) return ALLOW
  if (before) return afterReading(parts, { kind: 'ask', reason: reasonToRepeat(verdict), doneBefore: before })
  if (byRules.kind !== 'ask' || grants.length === 0) return afterReading(parts, verdict)
  const withRules = verdictOn(parts.filter((part) => !isRuledIn(part, grants)))
  return afterReading(parts, hooked ? strictest(withRules, hooked) : withRules)
}

/** A question with the words for whose text was read before, where that counts. */
function afterReading(parts: readonly Part[], verdict: Verdict): Verdict {
  const untrusted = verdict.kind === 'ask' ? parts.find((part) => part.untrusted !== undefined)?.untrusted : undefined
  if (verdict.kind !== 'ask' || untrusted === undefined) return verdict
  return { ...verdict, reason: `text of ${untrusted} was read before; ${verdict.reason}`, untrusted }
}
type Form = 'asked' | 'written'

/** The strictest of all parts, the first where they are equal. */
function verdictOn(parts: readonly Part[]): Verdict {
  const decisive = parts.find(isOf('deny')) ?? parts.find(isOf('ask'))
  if (!decisive) return ALLOW
  const { kind } = decisive.decisive
  const reason = rungReason(decisive.decisive, decisive.subject)
  const about =
    parts.length > 1 || ('command' in decisive.resource && decisive.resource.command.opaque)
      ? resourceText(decisive.resource)
      : undefined
  const told = about === undefined ? reason : `${about}: ${reason}`
  return kind === 'deny'
    ? { kind, reason: told }
    : { kind: 'ask', reason: `${told}${withoutSandbox(decisive.subject)}` }
}

/** Why what a rule allows in a sandbox only is asked about, where one was met. */
function withoutSandbox({ call, facts: { confinement } }: Part['subject']): string {
  if (!confinement || confinement.sandboxed) return ''
  return `; ${call.name} would run in no sandbox: ${confinement.reason}`
}

function isOf(kind: Verdict['kind']): (part: Part) => boolean {
  return ({ decisive }) => decisive.kind === kind
}

/**
 * Whether the rules of a grant allow what would be asked, of the root as of any agent below it. A doubt whether it is denied stays
 * one. What acts after a stranger's text was read takes a rule that was learned of such a call.
 */
function isRuledIn({ decisive, rungs, subject, untrusted }: Part, grants: Authority['grants']): boolean {
  if (decisive.kind !== 'ask' || rungs.some(({ finding }) => finding?.doubted === 'deny')) return false
  const ofRoot = { ...subject, agent: subject.agent?.split('/')[0] }
  return grants.some(({ rules }) => {
    const found = rules && findingIn(rules, ofRoot)
    return found?.kind === 'allow' && (untrusted === undefined || found.rule.evenUntrusted === true)
  })
}

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
