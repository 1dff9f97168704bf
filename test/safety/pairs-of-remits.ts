// Every remit of a small alphabet below every other one; the calls tell all of its patterns apart.
import { assert } from 'vitest'
import type { Verdict } from '../../state/calls.ts'
import type { Authority } from '../../state/context.ts'
import { allow, ask, deny, type Remit } from '../../state/remit.ts'
import { argsHash } from '../../tools/args-hash.ts'
import { covers, judge, type PolicedCall, strictestOf, verdictOf } from '../../tools/policies.ts'

const PATTERNS = ['ab', 'ac', 'a*', '*'] as const
export const RULES = [allow, ask, deny].flatMap((rule) =>
  PATTERNS.flatMap((tool) => [rule(tool), rule(tool, { what: 'x*' })])
)
export const CALLS: readonly PolicedCall[] = ['ab', 'ac', 'b'].flatMap((name) =>
  ['x', 'y'].map((what) => ({ name, args: { what } }))
)
/** A person has said yes to one call, for good. */
const GRANTED = CALLS[0]!
export const GRANTS: Authority['grants'] = [{ tool: GRANTED.name, argsHash: argsHash(GRANTED.args) }]

export const UP_TO_ONE: readonly Remit[] = [[], ...RULES.map((rule) => [rule])]
export const UP_TO_TWO: readonly Remit[] = [
  ...UP_TO_ONE,
  ...RULES.flatMap((first) => RULES.map((then) => [first, then]))
]

/** How strict a verdict is: 0 to run, 1 to ask, 2 to refuse. */
export type Strictness = 0 | 1 | 2

const strictness = ({ kind }: Verdict): Strictness => (kind === 'allow' ? 0 : kind === 'ask' ? 1 : 2)

/** What a grant leaves of a verdict: an ask about exactly the call that it was given for is none any more. */
const granted = (verdict: Strictness, call: PolicedCall): Strictness =>
  verdict === 1 && call === GRANTED ? 0 : verdict

/** What each remit says of each call, in their orders. */
export const verdictsOf = (remits: readonly Remit[]): Strictness[][] =>
  remits.map((remit) => CALLS.map((call) => strictness(verdictOf(remit, call))))

/** Looks at a chain of remits, an agent's own first: `own` and `above` are what its parts say of the call alone. */
export function looked(
  remits: readonly Remit[],
  call: PolicedCall,
  { own, above }: { own: Strictness; above: Strictness }
) {
  const told = () => `${JSON.stringify(call)} under ${JSON.stringify(remits)}`
  const expected = own > above ? own : above
  if (strictness(strictestOf(remits, call)) !== expected) assert.fail(`is not the strictest: ${told()}`)
  if (covers(remits, call) !== (expected === 0)) assert.fail(`covers what it does not allow: ${told()}`)
  if (strictness(judge(call, { remits, grants: [] })) < above) assert.fail(`exceeds the remit above: ${told()}`)
  const withGrants = strictness(judge(call, { remits, grants: GRANTS }))
  if (withGrants < granted(above, call)) assert.fail(`exceeds the remit above by a grant: ${told()}`)
  if (withGrants !== granted(expected, call)) assert.fail(`a grant did not do what it is for: ${told()}`)
  return expected
}

/** Looks at pairs of an agent and the one above it, and counts them and each verdict. */
export function lookedAtPairs(isMeant: (parent: Remit, child: Remit) => boolean) {
  const alone = verdictsOf(UP_TO_TWO)
  const verdicts: [number, number, number] = [0, 0, 0]
  let pairs = 0
  for (const [p, parent] of UP_TO_TWO.entries())
    for (const [c, child] of UP_TO_TWO.entries()) {
      if (!isMeant(parent, child)) continue
      pairs++
      for (const [n, call] of CALLS.entries())
        verdicts[looked([child, parent], call, { own: alone[c]![n]!, above: alone[p]![n]! })]++
    }
  return { pairs, verdicts }
}
