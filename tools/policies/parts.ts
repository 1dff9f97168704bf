// What an authority says of each thing that a call touches, rung by rung: the agent's own remit, then each one above, and at
// each of them what the person at the root has said in advance.
import type { Authority } from '../../state/context.ts'
import type { Policy } from '../../state/policy.ts'
import type { Remit } from '../../state/remit.ts'
import { acts } from './acting.ts'
import { rulesFor } from './compiled.ts'
import { type Finding, findingIn, findingUnder, rulesAbout } from './finding.ts'
import { reasonOf } from './reasons.ts'
import { type PolicedCall, type Resource, resourcesOf } from './resources.ts'
import type { Subject } from './rule-match.ts'

export type Levels = Pick<Authority, 'remits'> & Partial<Pick<Authority, 'path' | 'policy' | 'workspace' | 'untrusted'>>

/** One thing that a call touches, with what was found about it. */
export interface Part {
  readonly resource: Resource
  readonly subject: Subject
  /** Whose text was read before, where it counts for this: something is changed or sent. */
  readonly untrusted: string | undefined
  readonly rungs: readonly Rung[]
  /** The rung that decides: the first of the strictest. */
  readonly decisive: Rung
}

/** What one agent on the way up to the root may do. */
export interface Rung {
  /** 0 for the agent whose call it is. */
  readonly level: number
  readonly path: string | undefined
  readonly kind: Finding['kind']
  /** The finding would allow it, had no stranger's text been read. */
  readonly held: boolean
  /** No rule covers it where there is none. */
  readonly finding: Finding | undefined
  readonly remit: Finding | undefined
  readonly policy: Finding | undefined
}

export function partsOf(call: PolicedCall, authority: Levels): readonly Part[] {
  const remits = authority.remits.length > 0 ? authority.remits : NONE
  const kinds = kindsOf(call, remits, authority.policy)
  const { path: agent, workspace } = authority
  const facts: Subject['facts'] = {}
  return resourcesOf(call, kinds).map((resource) => {
    const subject = { call, kinds, resource, agent, workspace, facts }
    const untrusted = authority.untrusted !== undefined && acts(resource, call) ? authority.untrusted : undefined
    const rungs = rungsOf(subject, remits, {
      policy: authority.policy,
      holds: untrusted === undefined ? ALWAYS : isEvenUntrusted
    })
    return { resource, subject, untrusted, rungs, decisive: strictestRung(rungs) }
  })
}

const NONE: readonly Remit[] = [[]]

function strictestRung(rungs: readonly Rung[]): Rung {
  let strictest = rungs[0]!
  for (const rung of rungs) if (STRICT[rung.kind] > STRICT[strictest.kind]) strictest = rung
  return strictest
}
const STRICT = { allow: 0, ask: 1, deny: 2 } as const

/** What the tool says its arguments are goes before what rules take them for. */
function kindsOf({ name, kinds }: PolicedCall, remits: readonly Remit[], policy: Policy = []): PolicedCall['kinds'] {
  let found: PolicedCall['kinds']
  const add = (remit: Remit) => {
    const taken = rulesFor(remit, name).kinds
    if (taken) found = { ...found, ...taken }
  }
  for (const remit of remits) add(remit)
  for (const { remit } of policy) add(remit)
  return found ? { ...found, ...kinds } : kinds
}

/** Whether what allows does so at this moment. */
type Holds = (finding: Finding) => boolean
const ALWAYS: Holds = () => true

/** A project's file comes from whoever wrote the project: it cannot say what holds for text of strangers. */
const isEvenUntrusted: Holds = ({ rule, layer }) => rule.evenUntrusted === true && layer !== 'project'

function rungsOf(
  subject: Subject,
  remits: readonly Remit[],
  { policy, holds }: { policy: Policy | undefined; holds: Holds }
): Rung[] {
  const names = policy?.some(({ remit }) => rulesAbout(remit, subject).namesAgents) ?? false
  const shared = policy && !names ? findingUnder(policy, subject) : undefined
  return remits.map((_, level) => {
    const path = pathAt(level, subject)
    const said = policy && names ? findingUnder(policy, { ...subject, agent: path }) : shared
    const remit = findingAt(level, remits[level]!, subject)
    return rung(level, path, { resource: subject.resource, remit, policy: said, holds })
  })
}

/**
 * What a remit says of a call that comes from so many levels below: the strictest of what it says for the agent that bears it and
 * for each one down to the caller. So a rule for some of them opens nothing that is closed to those above.
 */
function findingAt(level: number, remit: Remit, subject: Subject): Finding | undefined {
  if (level === 0 || !rulesAbout(remit, subject).namesAgents) return findingIn(remit, subject)
  const findings = Array.from({ length: level + 1 }, (_, below) =>
    findingIn(remit, { ...subject, agent: pathAt(below, subject) })
  )
  const rankOf = (finding: Finding | undefined) => (finding ? rank(finding) : isFree(subject.resource) ? 0 : UNCOVERED)
  return findings.reduce((sofar, finding) => (rankOf(finding) > rankOf(sofar) ? finding : sofar))
}

/** What no rule covers is asked about; a rule that says so tells more. */
const UNCOVERED = 0.9

/** The doubt whether something is denied is worth more than a question. */
function rank({ kind, doubted }: Finding): number {
  return STRICT[kind] + (doubted === 'deny' ? 0.5 : 0)
}

/** What a command names or may start needs nobody's leave, unless somebody says so. */
function isFree({ kind }: Resource): boolean {
  return kind === 'mention' || kind === 'suspect'
}

/**
 * What allows and does not hold is a question, which an allow of the policy that holds may answer. One of the policy that does not
 * hold either changes nothing, but that it is told of where it would have been the answer.
 */
function rung(level: number, path: string | undefined, { resource, remit, policy, holds }: Found): Rung {
  const isHeld = remit?.kind === 'allow' && !holds(remit)
  const own = isHeld ? 'ask' : (remit?.kind ?? (isFree(resource) ? 'allow' : 'ask'))
  if (policy === undefined || !goesBefore(policy, { own, remit }))
    return { level, path, kind: own, held: isHeld, finding: remit, remit, policy }
  if (policy.kind !== 'allow' || holds(policy))
    return { level, path, kind: policy.kind, held: false, finding: policy, remit, policy }
  return { level, path, kind: 'ask', held: true, finding: isHeld ? remit : policy, remit, policy }
}

interface Found {
  readonly resource: Resource
  readonly remit: Finding | undefined
  readonly policy: Finding | undefined
  readonly holds: Holds
}

function goesBefore(policy: Finding, { own, remit }: { own: Finding['kind']; remit: Finding | undefined }): boolean {
  if (policy.kind === 'deny') return true
  if (policy.kind === 'ask') return own !== 'deny'
  return own === 'ask' && remit?.doubted !== 'deny'
}

/** The path of the agent so many levels above. */
function pathAt(level: number, { agent }: Subject): string | undefined {
  return level === 0 ? agent : agent?.split('/').slice(0, -level).join('/')
}

/** Why a rung decides as it does; the agent knows its own remit only, so of any other the reason says where it stands. */
export function rungReason({ level, finding, held }: Rung, { call }: Subject): string {
  const words = finding ? reasonOf(finding) : `no rule covers ${call.name}`
  const reason = level === 0 || finding?.layer !== undefined ? words : `${words}, in the remit ${level} above`
  return held ? `without that it would be allowed by ${reason}` : reason
}
