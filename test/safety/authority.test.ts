// Authority only ever narrows: what an agent may do is never more than what each agent above it may do. `authority.soak.ts` has all
// pairs.
import { assert, describe, it } from 'vitest'
import { openStore } from '../../checkpointers/open.ts'
import { defineAgent } from '../../prebuilt/define-agent.ts'
import type { Agent } from '../../runtime/agent.ts'
import { agentRuntime } from '../../runtime/agent-runtime.ts'
import { allow, type Remit } from '../../state/remit.ts'
import { judge, type PolicedCall } from '../../tools/policies.ts'
import { effects } from '../support/effects.ts'
import { playing } from '../support/script.ts'
import {
  CALLS,
  GRANTS,
  looked,
  lookedAtPairs,
  RULES,
  type Strictness,
  UP_TO_ONE,
  UP_TO_TWO,
  verdictsOf
} from './pairs-of-remits.ts'

describe('the authority of a child', () => {
  it('has an alphabet of 24 rules and 6 calls, which gives 601 remits of up to two rules', () => {
    assert.deepEqual([RULES.length, CALLS.length, UP_TO_TWO.length], [24, 6, 601])
  })

  it('is within that of its parent: 29,425 pairs of remits, each with 6 calls, with and without a grant', () => {
    const { pairs, verdicts } = lookedAtPairs((parent, child) => parent.length < 2 || child.length < 2)
    assert.equal(pairs, 29_425)
    for (const count of verdicts) assert.isAbove(count, 5_000, 'each verdict is met')
  })

  it('is within that of each agent above: all 15,625 chains of three, each with 6 calls, with and without a grant', () => {
    const alone = verdictsOf(UP_TO_ONE)
    let chains = 0
    for (const [r, root] of UP_TO_ONE.entries())
      for (const [p, parent] of UP_TO_ONE.entries())
        for (const [c, child] of UP_TO_ONE.entries()) {
          chains++
          for (const [n, call] of CALLS.entries()) {
            const above = looked([parent, root], call, { own: alone[p]![n]!, above: alone[r]![n]! })
            looked([child, parent, root], call, { own: alone[c]![n]!, above })
          }
        }
    assert.equal(chains, 15_625)
  })
})

describe('a grant', () => {
  it('opens no deny of any level, and no ask about another call', () => {
    for (const verdict of ['allow', 'ask', 'deny'] as const)
      for (const level of [0, 1, 2]) {
        const remits = [0, 1, 2].map((at): Remit => [{ tool: '*', verdict: at === level ? verdict : 'allow' }])
        const kinds = CALLS.map((call) => judge(call, { remits, grants: GRANTS }).kind)
        const [first, ...others] = kinds
        assert.equal(first, verdict === 'deny' ? 'deny' : 'allow')
        assert.deepEqual(others, Array(CALLS.length - 1).fill(verdict))
      }
  })
})

describe('a real tree', () => {
  it('runs what all remits allow, asks about the rest, and refuses what one of them denies: 55 pairs', async () => {
    const parents = everyNth(UP_TO_TWO, 11)
    assert.equal(parents.length, 55)
    for (const [nth, parent] of parents.entries()) await tried([UP_TO_TWO[(nth * 97) % UP_TO_TWO.length]!, parent])
  })

  it('does so three levels deep: 25 chains', async () => {
    for (const [nth, root] of UP_TO_ONE.entries())
      await tried([UP_TO_ONE[(nth * 7) % 25]!, UP_TO_ONE[(nth * 11 + 3) % 25]!, root])
  })
})

function everyNth<T>(items: readonly T[], step: number): T[] {
  return items.filter((_, at) => at % step === 0)
}

/** Runs all calls on an agent with the first remit, below agents with the others; a person then approves what is asked. */
async function tried(remits: readonly Remit[]): Promise<void> {
  const told = JSON.stringify(remits)
  const done: string[] = []
  const runtime = agentRuntime({ store: await openStore('memory:'), agents: [chainOf(remits, done)] })
  const { threadId } = await runtime.startTurn({ agent: 'level0', input: 'go' })
  const allowed = callsOf(remits, 0)
  const asked = callsOf(remits, 1)

  assert.sameMembers(done, allowed, told)
  const asks = await runtime.openAsks(threadId)
  assert.sameMembers(
    asks.map(({ tool, args }) => nameOf({ name: tool, args: args as PolicedCall['args'] })),
    asked,
    told
  )
  for (const { id } of asks) await (await runtime.resolveInput(id, { kind: 'approve', scope: 'subtree' })).result
  assert.sameMembers(done, [...allowed, ...asked], told)
  assert.equal((await runtime.getSnapshot(threadId)).thread.status, 'completed', told)
}

/** The calls about which the strictest of the remits says just that. */
function callsOf(remits: readonly Remit[], wanted: Strictness): string[] {
  const verdicts = verdictsOf(remits)
  return CALLS.filter((_, nth) => Math.max(...verdicts.map((each) => each[nth]!)) === wanted).map(nameOf)
}

/** Agents one below the other, `level0` at the top; the lowest makes all calls at once and has the first remit. */
function chainOf(remits: readonly Remit[], done: string[]): Agent {
  const [own, ...above] = remits
  const tools = ['ab', 'ac', 'b'].map((name) => {
    const touch = effects(name)
    return { ...touch, run: async (args: PolicedCall['args']) => `ran ${done.push(nameOf({ name, args }))}` }
  })
  const calls = CALLS.map(({ name, args }) => ({ name, args }))
  const lowest: Agent = defineAgent({
    name: `level${above.length}`,
    tools,
    remit: own!,
    model: playing([calls, 'done'])
  })
  return above.reduce((agent: Agent, remit, nth) => {
    const { name } = agent.charter
    return defineAgent({
      name: `level${above.length - 1 - nth}`,
      delegates: [agent],
      // Delegation itself is not what is tried here.
      remit: [allow('delegate'), ...remit],
      model: playing([[{ name: 'delegate', args: { agent: name, task: 'go' } }], 'done'])
    })
  }, lowest)
}

function nameOf({ name, args }: PolicedCall): string {
  return `${name} ${args.what}`
}
