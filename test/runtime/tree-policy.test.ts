import { afterEach, assert, beforeEach, describe, it } from 'vitest'
import { openStore } from '../../checkpointers/open.ts'
import type { Store } from '../../checkpointers/store.ts'
import { agentRuntime } from '../../runtime/agent-runtime.ts'
import { policyOver } from '../../runtime/tree-policy.ts'
import type { Policy } from '../../state/policy.ts'
import { profileRemit } from '../../state/profiles.ts'
import { allow, ask, deny, type Rule } from '../../state/remit.ts'
import { effects } from '../support/effects.ts'
import { programmed, task } from '../support/programmed.ts'
import { refused } from '../support/refused.ts'
import { ALL_STORES, type StorePlace } from '../support/stores.ts'
import { rewound } from '../support/travel.ts'

const about = (what: string) => ({ what: { matches: what } })
const once = { kind: 'approve', scope: 'once' } as const

describe('what is said of a tree', () => {
  const named = (policy: Policy | undefined) => policy?.map(({ name, remit }) => [name, remit.length] as const)
  const rules: Rule[] = [allow('a'), allow('b'), allow('c')]

  it('stands right above what is said of all trees in the layer of its name', () => {
    const said = (['default', 'global', 'project', 'session'] as const).map((name) => ({ name, remit: [ask('*')] }))
    const plan = profileRemit('plan').length
    assert.deepEqual(named(policyOver(said, { profile: 'plan', rules })), [
      ['default', 1],
      ['default', plan],
      ['global', 1],
      ['project', 1],
      ['session', 1],
      ['session', 3]
    ])
    assert.deepEqual(named(policyOver(undefined, { profile: 'plan', rules })), [
      ['default', plan],
      ['session', 3]
    ])
  })

  it('is nothing where nothing was said', () => {
    assert.isUndefined(policyOver(undefined, null))
    const said: Policy = [{ name: 'global', remit: [ask('*')] }]
    assert.equal(policyOver(said, null), said)
  })
})

for (const [name, makePlace] of ALL_STORES)
  describe(`what is said of a tree, on ${name}`, () => {
    let place: StorePlace
    let store: Store
    beforeEach(async () => {
      place = await makePlace()
      store = await openStore(place.url)
    })
    afterEach(async () => {
      await store.close()
      await place.remove()
    })

    /** A runtime as another process would have it. */
    function fresh({ touch = effects(), policy, principal }: Partial<Fresh> = {}) {
      const options = { ...(policy && { policy }), ...(principal !== undefined && { principal }) }
      return agentRuntime({ store, agents: [programmed(touch)], ...options })
    }
    interface Fresh {
      readonly touch: ReturnType<typeof effects>
      readonly policy: Policy
      readonly principal: string
    }

    /** A tree under rules of its own, whose first call waits for an answer. */
    async function asking(touch: ReturnType<typeof effects>, policy: { profile?: 'plan' | 'edits'; rules?: Rule[] }) {
      const input = task(['a'], ['b', ['coder', [['b', 'c']]]], ['c'])
      const { threadId } = await fresh({ touch }).startTurn({ agent: 'lead', input, policy })
      const [open] = await fresh({ touch }).openAsks(threadId)
      return { threadId, open: open! }
    }
    const keptOf = async (threadId: string) => (await store.journal.thread(threadId))?.policy
    const wanted = async (threadId: string) =>
      (await fresh().openAsks(threadId)).map(({ path, args }) => `${path} ${(args as { what: string }).what}`)

    it('holds for all of it, whoever goes on with it', async () => {
      const touch = effects()
      const { threadId, open } = await asking(touch, { rules: [deny('touch', about('b')), allow('touch', about('c'))] })
      const { outcome } = await (await fresh({ touch }).resolveInput(open.id, once)).result
      assert.equal(outcome.status, 'completed')
      assert.deepEqual(touch.done, ['a', 'c', 'c'])
      await fresh({ touch }).startTurn({ agent: 'lead', input: task(['b', 'c']), threadId })
      assert.deepEqual(touch.done, ['a', 'c', 'c', 'c'])
      const policies = (await store.journal.threadsOf(threadId)).map(({ policy }) => policy?.rules.length)
      assert.deepEqual(policies, [2, undefined])
    })

    it('decides what may be approved, also in a process that was told nothing', async () => {
      const touch = effects()
      const { open } = await asking(touch, { rules: [ask('touch', about('a')), deny('touch')] })
      const edit = { kind: 'edit', args: { what: 'b' } } as const
      await refused(() => fresh({ touch }).resolveInput(open.id, edit), 'BAD_DECISION')
      assert.deepEqual(touch.done, [])
    })

    it('is replaced by what is said later, name by name', async () => {
      const touch = effects()
      const rules = [ask('touch', about('a')), deny('touch', about('b'))]
      const { threadId, open } = await asking(touch, { rules })
      const profile = 'plan'
      assert.deepEqual(await fresh().setPolicy(open.threadId, { profile }), { profile, rules })
      await refused(() => fresh({ touch }).resolveInput(open.id, once), 'BAD_DECISION')
      assert.deepEqual(await fresh().setPolicy(threadId, { profile: null, rules: [] }), null)
      await (await fresh({ touch }).resolveInput(open.id, once)).result
      assert.deepEqual(touch.done, ['a'])
      assert.deepEqual((await wanted(threadId)).toSorted(), ['lead b', 'lead/coder b', 'lead/coder c'])
    })

    it('comes with a turn, also one of an earlier thread', async () => {
      const touch = effects()
      const policy = { rules: [allow('touch')] }
      const { threadId } = await fresh({ touch }).startTurn({ agent: 'lead', input: task(['a']), policy })
      const later = { agent: 'lead', input: task(['b']), threadId }
      await fresh({ touch }).startTurn({ ...later, policy: { rules: [deny('touch')] } })
      await fresh({ touch }).startTurn(later)
      assert.deepEqual(touch.done, ['a'])
    })

    it('goes along where the tree is forked or rewound, and an undo takes up nothing older', async () => {
      const touch = effects()
      const runtime = fresh({ touch })
      const policy = { rules: [allow('touch')] }
      const { threadId } = await runtime.startTurn({ agent: 'lead', input: task(['a']), policy })
      await runtime.startTurn({ agent: 'lead', input: task(['b']), threadId })
      const { checkpointId } = (await runtime.history(threadId)).at(-1)!
      const fork = await runtime.fork({ threadId, checkpointId })
      assert.deepEqual(fork.policy?.rules, policy.rules)
      const back = await rewound(runtime.rewind({ threadId, to: { checkpointId } }))
      assert.deepEqual(back.policy?.rules, policy.rules)
      const rules = [deny('touch')]
      await runtime.setPolicy(back.threadId, { rules })
      const undone = await rewound(runtime.undo({ threadId }))
      assert.deepEqual(undone.policy?.rules, rules)
      await runtime.startTurn({ agent: 'lead', input: task(['c']), threadId: undone.threadId })
      assert.deepEqual(touch.done, ['a', 'b'])
    })

    it('with a profile that nobody knows is gone on with by nobody, until another one is said', async () => {
      const touch = effects()
      const { threadId, open } = await asking(touch, { profile: 'edits' })
      await store.journal.setPolicy(threadId, { profile: 'yolo', rules: [] })
      const before = await store.journal.ask(open.id)
      for (const attempt of [
        () => fresh({ touch }).resume(threadId),
        () => fresh({ touch }).resolveInput(open.id, once),
        () => fresh({ touch }).resolveInput(open.id, { kind: 'reject', reason: '' }),
        () => fresh({ touch }).startTurn({ agent: 'lead', input: task(['b']), threadId, whenBusy: 'queue' })
      ])
        assert.include((await refused(attempt, 'BAD_POLICY')).message, '"yolo"')
      assert.deepEqual(await store.journal.ask(open.id), before)
      await store.journal.decideAsk(open.id, { decision: once, by: { kind: 'person' }, at: 1 })
      await store.journal.setThreadStatus(threadId, 'running', 1)
      const [turn] = await fresh({ touch }).recover()
      const { outcome } = await turn!.result
      assert.equal(outcome.status === 'failed' && outcome.error.code, 'BAD_POLICY')
      assert.deepEqual(touch.done, [])
      await fresh().setPolicy(threadId, { profile: 'edits' })
      await (await fresh({ touch }).resume(threadId)).result
      assert.deepEqual(touch.done, ['a'])
    })

    it('is refused where it is no profile or no rules, and nothing is kept', async () => {
      const runtime = fresh()
      const turn = { agent: 'lead', input: task(['a']) }
      const profile = 'yolo' as 'plan'
      await refused(() => runtime.startTurn({ ...turn, policy: { profile } }), 'BAD_ARGUMENTS')
      const rules = [{ tool: 'touch', verdict: 'alow' as 'allow' }]
      await refused(() => runtime.startTurn({ ...turn, policy: { rules } }), 'BAD_POLICY')
      assert.deepEqual(await runtime.threads(), [])
      const { threadId } = await runtime.startTurn({ ...turn, policy: { profile: 'plan' } })
      await refused(() => runtime.setPolicy(threadId, { profile }), 'BAD_ARGUMENTS')
      await refused(() => runtime.setPolicy(threadId, { rules }), 'BAD_POLICY')
      assert.deepEqual(await keptOf(threadId), { profile: 'plan', rules: [] })
    })

    it('beats no deny of what is said of all trees', async () => {
      const touch = effects()
      const policy: Policy = [{ name: 'default', remit: [deny('touch', about('b'))] }]
      const runtime = fresh({ touch, policy })
      await runtime.startTurn({ agent: 'lead', input: task(['a', 'b']), policy: { profile: 'trusted' } })
      assert.deepEqual(touch.done, ['a'])
    })

    it('of one principal is not there for another', async () => {
      const touch = effects()
      const first = fresh({ touch, principal: 'first' })
      const policy = { profile: 'trusted' } as const
      const { threadId } = await first.startTurn({ agent: 'lead', input: task(['a']), policy })
      const { checkpointId } = (await first.history(threadId)).at(-1)!
      const later = { agent: 'lead', input: task(['b']), threadId }
      for (const other of [fresh({ touch, principal: 'other' }), fresh({ touch })]) {
        await refused(() => other.startTurn(later), 'UNKNOWN_THREAD')
        await refused(() => other.fork({ threadId, checkpointId }), 'UNKNOWN_THREAD')
        await refused(() => other.setPolicy(threadId, { profile: 'plan' }), 'UNKNOWN_THREAD')
        const own = await other.startTurn({ agent: 'lead', input: task(['c']) })
        assert.equal(own.outcome.status, 'asking')
      }
      assert.deepEqual(touch.done, ['a'])
    })
  })
