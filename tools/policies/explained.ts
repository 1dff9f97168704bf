import type { ExplainedPart } from '../../state/explanation.ts'
import { type Levels, partsOf, rungReason } from './parts.ts'
import { resourceText } from './reasons.ts'
import type { PolicedCall } from './resources.ts'

/** What an authority says of each thing that a call touches. What nobody says anything of is left out. */
export function explained(call: PolicedCall, authority: Levels): readonly ExplainedPart[] {
  const parts = partsOf(call, authority)
  const told = parts.filter(({ resource, rungs }) => !isFree(resource.kind) || rungs.some(({ finding }) => finding))
  return told.map(({ resource, subject, rungs, decisive }) => ({
    what: resourceText(resource),
    kind: decisive.kind,
    reason: rungReason(decisive, subject),
    rungs: rungs.map((rung) => ({
      path: rung.path,
      kind: rung.kind,
      reason: rungReason(rung, subject),
      rule: rung.finding?.rule,
      layer: rung.finding?.layer
    }))
  }))
}

function isFree(kind: string): boolean {
  return kind === 'mention' || kind === 'suspect'
}
