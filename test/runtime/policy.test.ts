import { afterEach, assert, beforeEach, describe, it } from 'vitest'
import { openStore } from '../../checkpointers/open.ts'
import type { Store } from '../../checkpointers/store.ts'
import { agentRuntime } from '../../runtime/agent-runtime.ts'
import type { Ask } from '../../state/asks.ts'
import { LAYERS, type LayerName } from '../../state/policy.ts'
import { profileRemit } from '../../state/profiles.ts'
import { allow, ask, deny, type Remit, type Rule } from '../../state/remit.ts'
import { effects } from '../support/effects.ts'
import { ladder } from '../support/ladder.ts'
import { type Program, programmed, task } from '../support/programmed.ts'
import { refused } from '../support/refused.ts'
import { ALL_STORES, type StorePlace } from '../support/stores.ts'

type Layers = Partial<Record<LayerName, Remit>>
type Decision = Parameters<ReturnType<typeof agentRuntime>['resolveInput']>[1]

/** A tool that touches what a line of shell says. */
const touching = () => ({ ...effects(), kinds: { what: 'command' } as const })
const command = (text: string) => ({ what: { command: text } })
const wanted = (asks: readonly Ask[]) =>
  asks.map(({ path, args }) => `${path} ${(args as { what: string }).what}`).toSorted()

for (const [name, makePlace] of ALL_STORES)
  describe(`what a person says in advance, on ${name}`, () => {
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
    function fresh(
      layers: Layers,
      { touch = touching(), remits = {} }: { touch?: ReturnType<typeof touching>; remits?: Record<string, Rule[]> } = {}
    ) {
      const policy = LAYERS.map((each) => ({ name: each, remit: layers[each] ?? [] }))
      const runtime = agentRuntime({ store, agents: [programmed(touch, remits)], policy })
      return {
        runtime,
        touch,
        open: () => runtime.openAsks(),
        start: (...program: Program) => runtime.startTurn({ agent: 'lead', input: task(...program) }),
        answer: async (asked: Ask | undefined, decision: Decision) =>
          (await (await runtime.resolveInput(asked!.id, decision)).result).outcome
      }
    }

    it('allows agents of every rung what they would have asked for', async () => {
      const { start, touch, open } = fresh({ global: [allow('touch', command('git *'))] })
      await start(['git a', ['coder', [['git b', ['tester', [['git c', 'rm d']]]]]]])
      assert.deepEqual(touch.done.toSorted(), ['git a', 'git b', 'git c'])
      assert.deepEqual(wanted(await open()), ['lead/coder/tester rm d'])
    })

    it('denies every agent what its remit allows, and no decision changes it', async () => {
      const remits = { lead: [allow('*')], coder: [allow('*')] }
      const { start, touch, open } = fresh({ default: profileRemit('plan') }, { remits })
      const { outcome } = await start(['a', ['coder', [['b']]]])
      assert.equal(outcome.status, 'completed')
      assert.deepEqual([touch.done, await open()], [[], []])
    })

    it('refuses the approval of what it has come to deny since it was asked', async () => {
      const touch = touching()
      await fresh({}, { touch }).start(['git push'])
      const later = fresh({ project: [deny('touch', command('git push *'))] }, { touch })
      const [open] = await later.open()
      await refused(() => later.runtime.resolveInput(open!.id, { kind: 'approve', scope: 'once' }), 'BAD_DECISION')
      await refused(
        () => later.runtime.resolveInput(open!.id, { kind: 'edit', args: { what: 'ls; git push' } }),
        'BAD_DECISION'
      )
      assert.deepEqual(touch.done, [])
    })

    it('that it wants to be asked is asked, whatever parents may answer', async () => {
      const touch = touching()
      const lead = { remit: [allow('touch')], answers: [allow('touch')] }
      const asking = (agent: string): Remit => [{ ...ask('touch'), agent }]
      for (const agent of ['lead/coder/tester', 'lead/coder', 'lead', '*']) {
        const policy = [{ name: 'global', remit: asking(agent) } as const]
        const coder = { remit: [allow('touch')], answers: [allow('touch')] }
        const runtime = agentRuntime({ store, agents: [ladder({ touch, lead, coder })], policy })
        const { outcome, threadId } = await runtime.startTurn({ agent: 'lead', input: 'a' })
        assert.equal(outcome.status, 'asking', agent)
        assert.deepEqual(wanted(await runtime.openAsks(threadId)), ['lead/coder/tester a'])
      }
      assert.deepEqual(touch.done, [])
    })

    it('teaches: an approval with its lesson covers calls like it, until it is revoked', async () => {
      const { start, touch, open, answer, runtime } = fresh({})
      const { threadId } = await start(['git log a'], ['git log b', 'git push'], ['git log c'])
      const [first] = await open()
      const lesson = await runtime.lesson(first!.id)
      assert.deepEqual(lesson, { ok: true, rules: [allow('touch', command('git log *'))] })
      await answer(first, { kind: 'approve', scope: 'session', ...(lesson.ok && { rules: lesson.rules }) })
      assert.deepEqual(touch.done, ['git log a', 'git log b'])
      assert.deepEqual(wanted(await open()), ['lead git push'])
      await runtime.revokeGrant(first!.id)
      await answer((await open())[0], { kind: 'reject', reason: '' })
      assert.deepEqual(wanted(await open()), ['lead git log c'])
      assert.equal((await runtime.grants(threadId)).length, 1)
    })

    it('teaches: open asks that are covered by now answer themselves, the others stay', async () => {
      const { start, touch, open, answer, runtime } = fresh({})
      await start(['git log a', ['coder', [['git log b'], ['git log d']]], ['coder', [['git push']]]])
      const first = (await open()).find(({ path }) => path === 'lead')
      const lesson = await runtime.lesson(first!.id)
      assert.isTrue(lesson.ok)
      await answer(first, { kind: 'approve', scope: 'subtree', ...(lesson.ok && { rules: lesson.rules }) })
      assert.deepEqual(touch.done.toSorted(), ['git log a', 'git log b', 'git log d'])
      assert.deepEqual(wanted(await open()), ['lead/coder git push'])
    })

    it('teaches nothing that was not shown, and nothing of what runs other programs', async () => {
      const { start, touch, open, runtime } = fresh({})
      await start(['git log a', 'sudo b'])
      const [log, sudo] = (await open()).toSorted((a, b) => (wanted([a])[0]! < wanted([b])[0]! ? -1 : 1))
      const approve = { kind: 'approve', scope: 'session' } as const
      const wide = [allow('touch', command('git *'))]
      await refused(() => runtime.resolveInput(log!.id, { ...approve, rules: wide }), 'BAD_DECISION')
      await refused(
        () => runtime.resolveInput(log!.id, { kind: 'approve', scope: 'once', rules: wide }),
        'BAD_DECISION'
      )
      assert.deepInclude(await runtime.lesson(sudo!.id), { ok: false })
      await refused(
        () => runtime.resolveInput(sudo!.id, { ...approve, rules: [allow('touch', command('sudo *'))] }),
        'BAD_DECISION'
      )
      assert.deepEqual(touch.done, [])
    })

    it('is obeyed by what was learned before it', async () => {
      const touch = touching()
      const { start, open, answer, runtime } = fresh({}, { touch })
      const { threadId } = await start(['git log a'])
      const [first] = await open()
      const lesson = await runtime.lesson(first!.id)
      await answer(first, { kind: 'approve', scope: 'session', ...(lesson.ok && { rules: lesson.rules }) })
      const later = fresh({ global: [deny('touch', command('git log --all *'))] }, { touch })
      await later.runtime.startTurn({ agent: 'lead', input: task(['git log --all', 'git log b']), threadId })
      assert.deepEqual(touch.done, ['git log a', 'git log b'])
    })
  })
