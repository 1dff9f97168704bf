import { afterEach, assert, beforeEach, describe, it } from 'vitest'
import { openStore } from '../../checkpointers/open.ts'
import type { Store } from '../../checkpointers/store.ts'
import { agentRuntime } from '../../runtime/agent-runtime.ts'
import type { Ask } from '../../state/asks.ts'
import type { Journal } from '../../state/journal.ts'
import { allow, ask, deny } from '../../state/remit.ts'
import { manualClock } from '../crash/manual-clock.ts'
import { collected } from '../support/collected.ts'
import { type CrashPoint, crashingStore, mortalProcess } from '../support/crashing-store.ts'
import { effects } from '../support/effects.ts'
import { type Program, programmed, task } from '../support/programmed.ts'
import { aGrant } from '../support/records.ts'
import { refused } from '../support/refused.ts'
import { ALL_STORES, DURABLE_STORES, type StorePlace } from '../support/stores.ts'

const once = { kind: 'approve', scope: 'once' } as const
const forTurn = { kind: 'approve', scope: 'turn' } as const
const forSession = { kind: 'approve', scope: 'session' } as const
const forSubtree = { kind: 'approve', scope: 'subtree' } as const
const no = { kind: 'reject', reason: 'no' } as const

/** Whatever is open, as who wants to touch what. */
const wanted = (asks: readonly Ask[]) =>
  asks.map(({ path, args }) => `${path} ${(args as { what: string }).what}`).toSorted()

for (const [name, makePlace] of ALL_STORES) {
  describe(`a grant on ${name}`, () => {
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
    function fresh(touch = effects(), remits = {}) {
      const runtime = agentRuntime({ store, agents: [programmed(touch, remits)] })
      const answer = async (asked: Ask | undefined, decision: Parameters<typeof runtime.resolveInput>[1]) =>
        (await (await runtime.resolveInput(asked!.id, decision)).result).outcome
      const open = async () => (await runtime.openAsks()).toSorted((a, b) => a.path.length - b.path.length)
      const start = async (...program: Program) => runtime.startTurn({ agent: 'lead', input: task(...program) })
      return { runtime, touch, answer, open, start }
    }

    it('for the session covers the same call again, also in a later turn and process, and no other', async () => {
      const { runtime, touch, answer, open, start } = fresh()
      const { threadId } = await start(['a'], ['a'], ['b'])
      const [a] = await open()
      assert.equal((await answer(a, forSession)).status, 'asking')
      assert.deepEqual(touch.done, ['a', 'a'])
      assert.deepEqual(wanted(await open()), ['lead b'])
      await answer((await open())[0], no)
      const later = fresh(touch)
      const again = await later.runtime.startTurn({ agent: 'lead', input: task(['a']), threadId })
      assert.deepEqual(again.outcome, { status: 'completed', text: 'touched a' })
      const { argsHash, toolCallId: _, ...origin } = a!
      const [grant, ...others] = await runtime.grants(threadId)
      assert.deepInclude(grant, {
        id: origin.id,
        path: 'lead',
        tool: 'touch',
        argsHash,
        scope: 'session',
        revokedAt: null
      })
      assert.deepEqual(others, [])
    })

    it('for the turn ends with it', async () => {
      const { runtime, touch, answer, open, start } = fresh()
      const { threadId } = await start(['a'], ['a'])
      assert.equal((await answer((await open())[0], forTurn)).status, 'completed')
      assert.deepEqual(touch.done, ['a', 'a'])
      const { outcome } = await runtime.startTurn({ agent: 'lead', input: task(['a']), threadId })
      assert.equal(outcome.status, 'asking')
      assert.deepEqual(touch.done, ['a', 'a'])
    })

    it('for the subtree covers children and grandchildren, not the parent above', async () => {
      const { touch, answer, open, start } = fresh()
      const ofCoder: Program = [['a'], [['tester', [['a'], ['b']]]], ['a']]
      await start([['coder', ofCoder]], [['coder', [['a']]]], ['a'])
      assert.deepEqual(wanted(await open()), ['lead/coder a'])
      await answer((await open())[0], forSubtree)
      assert.deepEqual(touch.done, ['a', 'a'], 'the coder and its tester')
      assert.deepEqual(wanted(await open()), ['lead/coder/tester b'])
      await answer((await open())[0], no)
      assert.deepEqual(touch.done, ['a', 'a', 'a'], 'and the coder again')
      assert.deepEqual(wanted(await open()), ['lead/coder a'], 'another coder has none of it')
      await answer((await open())[0], no)
      assert.deepEqual(wanted(await open()), ['lead a'])
    })

    it('given at the root for the subtree covers the whole tree', async () => {
      const { touch, answer, open, start } = fresh()
      await start(['a'], [['coder', [['a'], [['tester', [['a']]]]]]])
      assert.equal((await answer((await open())[0], forSubtree)).status, 'completed')
      assert.deepEqual(touch.done, ['a', 'a', 'a'])
    })

    it('for the session of a parent is nothing to its children', async () => {
      const { touch, answer, open, start } = fresh()
      await start(['a'], [['coder', [['a']]]])
      await answer((await open())[0], forSession)
      assert.deepEqual(touch.done, ['a'])
      assert.deepEqual(wanted(await open()), ['lead/coder a'])
    })

    it('answers the open asks that it covers, each call runs once, and the others stay', async () => {
      const touch = effects()
      await fresh(touch).start(['a', ['coder', [['a', 'b']]], ['coder', [[['tester', [['a']]]]]]])
      const { runtime, answer, open } = fresh(touch)
      const asks = await open()
      assert.deepEqual(wanted(asks), ['lead a', 'lead/coder a', 'lead/coder b', 'lead/coder/tester a'])
      const turn = await runtime.resolveInput(asks[0]!.id, forSubtree)
      assert.deepEqual(wanted(await open()), ['lead/coder b'], 'at once')
      const events = await collected(turn)
      assert.equal((await turn.result).outcome.status, 'asking')
      assert.deepEqual(touch.done, ['a', 'a', 'a'])
      const by = events.flatMap((event) => (event.type === 'ask.decided' ? [event.by] : []))
      const grant = { kind: 'grant', path: 'lead', grantId: asks[0]!.id } as const
      assert.sameDeepMembers(by, [{ kind: 'person' }, grant, grant])
      const outcome = await answer((await open())[0], once)
      assert.deepEqual(outcome, { status: 'completed', text: 'touched a, touched a, touched b, touched a' })
      assert.deepEqual(touch.done, ['a', 'a', 'a', 'b'])
    })

    it('for the session answers the open asks of its own thread only', async () => {
      const { touch, answer, open, start } = fresh()
      await start([
        ['coder', [['a', 'a', 'b']]],
        ['coder', [['a']]]
      ])
      const asks = await open()
      const first = asks.find(({ threadId }) => asks.filter((each) => each.threadId === threadId).length === 3)
      await answer(first, forSession)
      assert.deepEqual(touch.done, ['a', 'a'])
      assert.deepEqual(wanted(await open()), ['lead/coder a', 'lead/coder b'])
    })

    it('never beats a deny: not for the next call, and not for an ask that is open', async () => {
      const touch = effects()
      const { threadId } = await fresh(touch).start(['a', ['coder', [['a']]]])
      const stricter = fresh(touch, { coder: [deny('touch', { what: 'a' }), ask('touch')] })
      const [ofLead, ofCoder] = await stricter.open()
      await stricter.answer(ofLead, forSubtree)
      assert.deepEqual(touch.done, ['a'])
      assert.deepEqual(wanted(await stricter.open()), ['lead/coder a'])
      await refused(() => stricter.runtime.resolveInput(ofCoder!.id, once), 'BAD_DECISION')
      await stricter.answer(ofCoder, no)
      for (const remits of [{ lead: [deny('touch')] }, { coder: [deny('touch')] }]) {
        const later = fresh(touch, remits).runtime
        await later.startTurn({ agent: 'lead', input: task([['coder', [['a']]]]), threadId })
        assert.deepEqual(await later.openAsks(), [])
        assert.deepEqual(touch.done, ['a'])
      }
    })

    it('is revoked once, by its id', async () => {
      const { runtime, answer, open, start } = fresh()
      const { threadId } = await start(['a'], ['b'])
      const [a] = await open()
      await answer(a, forSession)
      await refused(() => runtime.revokeGrant('no-such-grant'), 'UNKNOWN_GRANT')
      const [b] = await open()
      await refused(() => runtime.revokeGrant(b!.id), 'UNKNOWN_GRANT')
      await runtime.revokeGrant(a!.id)
      await refused(() => runtime.revokeGrant(a!.id), 'GRANT_REVOKED')
      assert.isNumber((await runtime.grants(threadId))[0]!.revokedAt)
      await answer(b, no)
      const { outcome } = await runtime.startTurn({ agent: 'lead', input: task(['a']), threadId })
      assert.equal(outcome.status, 'asking')
    })

    it('stays on its branch: a fork asks again', async () => {
      const { runtime, touch, answer, open, start } = fresh()
      const { threadId } = await start(['a'], ['a'])
      await answer((await open())[0], forSession)
      assert.deepEqual(touch.done, ['a', 'a'])
      const history = await runtime.history(threadId)
      const afterFirst = history.filter(({ next }) => next.join() === 'think')[1]!
      const turn = await runtime.resumeFrom({ threadId, checkpointId: afterFirst.checkpointId })
      assert.equal((await turn.result).outcome.status, 'asking')
      assert.deepEqual(touch.done, ['a', 'a'])
      assert.deepEqual(await runtime.grants(turn.threadId), [])
    })
  })
}

for (const [name, makePlace] of DURABLE_STORES)
  describe(`a grant of a tree at work, on ${name}`, () => {
    it('is worth nothing from the moment at which another process revokes it', async () => {
      const place = await makePlace()
      const [one, other] = [await openStore(place.url), await openStore(place.url)]
      const { touch, atWork, release } = touching()
      const remits = { lead: [allow('touch', { what: 'wait' }), ask('touch')] }
      const first = agentRuntime({ store: one, agents: [programmed(touch, remits)] })
      const second = agentRuntime({ store: other, agents: [programmed(touch, remits)] })
      const { threadId } = await first.startTurn({ agent: 'lead', input: task(['a'], ['a'], ['wait'], ['a']) })
      const [a] = await first.openAsks(threadId)
      const turn = await first.resolveInput(a!.id, forSession)
      await atWork
      assert.deepEqual(touch.done, ['a', 'a', 'wait'])
      const [grant] = await second.grants(threadId)
      await second.revokeGrant(grant!.id)
      release()
      assert.equal((await turn.result).outcome.status, 'asking')
      assert.deepEqual(touch.done, ['a', 'a', 'wait'])
      assert.deepEqual(wanted(await second.openAsks(threadId)), ['lead a'])
      await one.close()
      await other.close()
      await place.remove()
    })
  })

describe('the end of a grant', () => {
  async function untilEnd(atDecision: number) {
    const clock = manualClock(1_000)
    const touch = effects()
    const store = await openStore('memory:')
    const runtime = agentRuntime({ store, agents: [programmed(touch)], clock })
    const { threadId } = await runtime.startTurn({ agent: 'lead', input: task(['a']) })
    const [a] = await runtime.openAsks(threadId)
    clock.advance(atDecision)
    return { clock, touch, store, runtime, threadId, a: a! }
  }

  it('is counted from the decision, by the clock that was handed in', async () => {
    const { clock, touch, runtime, threadId, a } = await untilEnd(500)
    await (await runtime.resolveInput(a.id, { ...forSession, forMs: 100 })).result
    const again = () => runtime.startTurn({ agent: 'lead', input: task(['a']), threadId })
    clock.advance(99)
    assert.equal((await again()).outcome.status, 'completed')
    clock.advance(1)
    assert.equal((await again()).outcome.status, 'asking')
    assert.deepEqual(touch.done, ['a', 'a'])
    assert.deepInclude((await runtime.grants(threadId))[0], { grantedAt: 1_500, expiresAt: 1_600 })
  })

  it('is counted from the decision also where a later process goes on with it', async () => {
    const { clock, touch, store, runtime, threadId, a } = await untilEnd(500)
    const decision = { ...forSession, forMs: 100 }
    await store.journal.decideAsk(a.id, { decision, by: { kind: 'person' }, at: clock.now() })
    clock.advance(5_000)
    await (await runtime.resume(threadId)).result
    assert.deepEqual(touch.done, ['a'], 'what was approved is approved')
    assert.deepInclude((await runtime.grants(threadId))[0], { grantedAt: 1_500, expiresAt: 1_600 })
    const { outcome } = await runtime.startTurn({ agent: 'lead', input: task(['a']), threadId })
    assert.equal(outcome.status, 'asking')
  })

  it('is refused for what is approved once, and where it is no time; nothing has changed then', async () => {
    const { runtime, threadId, a } = await untilEnd(0)
    for (const decision of [
      { ...once, forMs: 100 },
      { ...forSession, forMs: 0 },
      { ...forSession, forMs: 1.5 }
    ])
      await refused(() => runtime.resolveInput(a.id, decision), 'BAD_DECISION')
    assert.lengthOf(await runtime.openAsks(threadId), 1)
  })
})

describe('grants', () => {
  it('are not looked up for what the remits allow', async () => {
    const life = mortalProcess()
    const store = crashingStore(await openStore('memory:'), life)
    const runtime = agentRuntime({ store, agents: [programmed(effects(), { lead: [allow('touch')] })] })
    await runtime.startTurn({ agent: 'lead', input: task(['a'], ['a', 'b']) })
    assert.notInclude(life.steps, 'journal.grants')
    await runtime.startTurn({ agent: 'lead', input: task([['coder', [['a']]]]) })
    assert.include(life.steps, 'journal.grants')
  })

  it('that come as a child opens its ask answer it', async () => {
    const touch = effects()
    const store = await openStore('memory:')
    const between: Pick<Journal, 'append'> = {
      async append(entries, tree) {
        for (const { row } of entries) {
          if (row?.kind !== 'ask' || row.ask.path === 'lead') continue
          const { rootThreadId, ask } = row
          const { tool, argsHash } = ask
          const place = { rootThreadId, threadId: rootThreadId, path: 'lead' }
          await store.journal.grant(aGrant('from-above', { ...place, tool, argsHash, scope: 'subtree' }))
        }
        return store.journal.append(entries, tree)
      }
    }
    const journal = { ...store.journal, ...between }
    const runtime = agentRuntime({ store: { ...store, journal }, agents: [programmed(touch)] })
    const { outcome } = await runtime.startTurn({ agent: 'lead', input: task([['coder', [[['tester', [['a']]]]]]]) })
    assert.deepEqual(outcome, { status: 'completed', text: 'touched a' })
    assert.deepEqual(touch.done, ['a'])
  })

  it('answer the asks that they cover also where a process only got the decision on record', async () => {
    const touch = effects()
    const store = await openStore('memory:')
    const fresh = () => agentRuntime({ store, agents: [programmed(touch)] })
    const { threadId } = await fresh().startTurn({ agent: 'lead', input: task(['a', ['coder', [['a']]]]) })
    const asked = (await fresh().openAsks(threadId)).find(({ path }) => path === 'lead')!
    await store.journal.decideAsk(asked.id, { decision: forSubtree, by: { kind: 'person' }, at: 1 })
    const { outcome } = await (await fresh().resume(threadId)).result
    assert.deepEqual(outcome, { status: 'completed', text: 'touched a, touched a' })
    assert.deepEqual(touch.done, ['a', 'a'])
  })

  it('let a call run beside a delegation, also where they are revoked as it begins', async () => {
    for (const revokes of [false, true]) {
      const touch = effects()
      const store = await openStore('memory:')
      let looks = 0
      const revoking: Pick<Journal, 'grants'> = {
        async grants(on) {
          const found = await store.journal.grants(on)
          // The fifth look is that of the gate that lets the second `a` through.
          if (revokes && ++looks === 5) for (const { id } of found) await store.journal.revokeGrant(id, 1)
          return found
        }
      }
      const journal = { ...store.journal, ...revoking }
      const runtime = agentRuntime({
        store: { ...store, journal },
        agents: [programmed(touch, { coder: [allow('touch')] })]
      })
      const { threadId } = await runtime.startTurn({ agent: 'lead', input: task(['a'], ['a', ['coder', []]]) })
      const [a] = await runtime.openAsks(threadId)
      const { outcome, usage } = await (await runtime.resolveInput(a!.id, forSession)).result
      assert.deepEqual(outcome, { status: 'completed', text: 'touched a, touched a, (no output)' })
      assert.deepEqual(touch.done, ['a', 'a'])
      assert.equal(usage.calls, 4)
    }
  })
})

describe('a process that dies between a decision and its grant', () => {
  it('neither loses nor doubles it', async () => {
    const { first, steps } = await story()
    const given = steps.indexOf('journal.grant') + 1
    assert.isAbove(given, first)
    for (let step = first; step <= given + 1; step++) await story({ step, when: 'after' })
  })

  /** The lead and its coder wait for the same; what is said to the lead is for both. Then the process dies at the point. */
  async function story(point?: CrashPoint): Promise<{ first: number; steps: readonly string[] }> {
    const touch = effects()
    const clock = manualClock()
    const life = mortalProcess(point)
    const store = await openStore('memory:')
    const agents = () => [programmed(touch)]
    const mortal = agentRuntime({ store: crashingStore(store, life), agents: agents(), clock, every: () => () => {} })
    const { threadId } = await mortal.startTurn({ agent: 'lead', input: task(['a', ['coder', [['a']]]]) })
    const ofLead = (await mortal.openAsks(threadId)).find(({ path }) => path === 'lead')!
    const first = life.steps.length + 1
    const answered = mortal.resolveInput(ofLead.id, forSubtree).then(({ result }) => result)
    await Promise.race([answered.catch(() => life.death), life.death])

    clock.advance(60_000)
    const next = agentRuntime({ store, agents: agents(), clock })
    await (await next.resume(threadId)).result
    const told = `${point?.when} ${life.steps[(point?.step ?? 0) - 1]}`
    const isDecided = (await store.journal.ask(ofLead.id))!.status === 'decided'
    const grants = (await next.grants(threadId)).map(({ id }) => id)
    assert.deepEqual(grants, isDecided ? [ofLead.id] : [], told)
    assert.lengthOf(await next.openAsks(threadId), isDecided ? 0 : 2, told)
    // Of a call that had begun nobody knows whether it was done.
    if (!life.steps.includes('journal.beginCall')) assert.lengthOf(touch.done, isDecided ? 2 : 0, told)
    assert.isAtMost(touch.done.length, 2, told)
    await next.close()
    return { first, steps: life.steps }
  }
})

/** A `touch` that takes its time to touch `wait`. */
function touching() {
  let begin = () => {}
  let release = () => {}
  const atWork = new Promise<void>((resolve) => {
    begin = resolve
  })
  const released = new Promise<void>((resolve) => {
    release = resolve
  })
  const touch = effects()
  const run: typeof touch.run = async (args, toolRun) => {
    const result = await touch.run(args, toolRun)
    if ((args as { what: string }).what === 'wait') {
      begin()
      await released
    }
    return result
  }
  return { touch: Object.assign({ ...touch, run }, { done: touch.done }), atWork, release: () => release() }
}
