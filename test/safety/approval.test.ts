import { assert, describe, it } from 'vitest'
import type { Store } from '../../checkpointers/store.ts'
import { defineAgent } from '../../prebuilt/define-agent.ts'
import { ask } from '../../state/remit.ts'
import { effects } from '../support/effects.ts'
import { ladder } from '../support/ladder.ts'
import { playing } from '../support/script.ts'
import { answeredInAnyOrder } from './answered-in-any-order.ts'
import { ASKING_TWICE, inTwoSteps } from './asking-twice.ts'
import { decisionFor, KINDS, type Kind, ranFor, resultFor } from './decided.ts'
import { freshRuntimes, inMemory, onSqlite } from './lend.ts'

const approve = { kind: 'approve', scope: 'once' } as const
const reject = { kind: 'reject', reason: 'no' } as const

const STORES = [
  ['memory', inMemory],
  ['SQLite', onSqlite]
] as const

describe('a tree with eighteen asks', () => {
  for (const seed of [1, 2, 3, 4])
    it(`runs what is allowed, once, and nothing else, however it is answered: seed ${seed}`, async () =>
      answeredInAnyOrder({ seed, lend: await inMemory() }))

  it('does so on a file that each answer opens anew, also where all are given at once', async () => {
    for (const atOnce of [1, 18]) await answeredInAnyOrder({ seed: 5, atOnce, lend: await onSqlite() })
  })
})

describe('four calls of one message', () => {
  const LETTERS = ['a', 'b', 'c', 'd'] as const

  it('keep their order in each of the 81 mixes of answers: the allowed run once, the rejected are explained', async () => {
    for (const [nth, mix] of mixesOf(LETTERS.length).entries()) await answered(mix, { from: nth % LETTERS.length })
  })

  /** Gives the answers one by one, backwards from that of call `from`. */
  async function answered(mix: readonly Kind[], { from }: { from: number }): Promise<void> {
    const told = mix.join(', ')
    const touch = effects()
    const agent = defineAgent({
      name: 'agent',
      tools: [touch],
      remit: [ask('touch')],
      model: playing([LETTERS.map((what) => ({ name: 'touch', args: { what } })), 'done'])
    })
    const fresh = freshRuntimes(await inMemory(), () => agent)
    const { threadId } = await fresh((runtime) => runtime.startTurn({ agent: 'agent', input: 'go' }))
    const asks = await fresh((runtime) => runtime.openAsks(threadId))
    for (const step of LETTERS.keys()) {
      const at = (from - step + LETTERS.length) % LETTERS.length
      const decision = decisionFor(mix[at]!, LETTERS[at]!)
      await fresh(async (runtime) => (await runtime.resolveInput(asks[at]!.id, decision)).result)
    }

    const allowed = LETTERS.flatMap((letter, at) => ranFor(mix[at]!, letter))
    assert.sameMembers(touch.done, allowed, told)
    const { thread, values } = await fresh((runtime) => runtime.getSnapshot(threadId))
    assert.equal(thread.status, 'completed', told)
    const [, reply, ...rest] = values.messages as Said[]
    const results = rest.slice(0, LETTERS.length)
    const expected = LETTERS.map((letter, at) => ({
      tool_call_id: reply!.tool_calls?.[at]?.id,
      text: resultFor(mix[at]!, letter)
    }))
    assert.deepEqual(
      results.map(({ tool_call_id, text }) => ({ tool_call_id, text })),
      expected,
      told
    )
  }
})

for (const [storeName, open] of STORES)
  describe(`recovery on ${storeName}`, () => {
    for (const [name, askingTwice] of ASKING_TWICE)
      it(`leaves the second ask of ${name} open, however often it is tried, and runs nothing`, async () => {
        const { agent, done, afterFirst, atTheEnd } = askingTwice()
        const lend = await open()
        const fresh = freshRuntimes(lend, agent)
        const { threadId } = await fresh((runtime) => runtime.startTurn({ agent: agent().charter.name, input: 'go' }))
        const [first] = await fresh((runtime) => runtime.openAsks(threadId))
        await fresh(async (runtime) => (await runtime.resolveInput(first!.id, approve)).result)
        const second = await fresh((runtime) => runtime.openAsks(threadId))
        assert.equal(second.length, 1)
        assert.notEqual(second[0]!.id, first!.id)

        for (let times = 0; times < 3; times++) {
          const resumed = await fresh(async (runtime) => (await runtime.resume(threadId)).result)
          assert.equal(resumed.outcome.status, 'asking')
          await lend((store) => leftInTheMiddle(store, threadId))
          const [recovered] = await fresh(async (runtime) => {
            const turns = await runtime.recover()
            return Promise.all(turns.map(({ result }) => result))
          })
          assert.equal(recovered?.outcome.status, 'asking')
          assert.deepEqual(await fresh((runtime) => runtime.openAsks(threadId)), second)
          assert.deepEqual(done, afterFirst)
        }

        const { outcome } = await fresh(async (runtime) => (await runtime.resolveInput(second[0]!.id, reject)).result)
        assert.equal(outcome.status, 'completed')
        assert.deepEqual(done, atTheEnd)
      })

    it('delivers an answer that a process only got on record, once, and to its own ask', async () => {
      const { agent, done } = inTwoSteps()
      const lend = await open()
      const fresh = freshRuntimes(lend, agent)
      const { threadId } = await fresh((runtime) => runtime.startTurn({ agent: 'agent', input: 'go' }))
      const [first] = await fresh((runtime) => runtime.openAsks(threadId))
      await lend(({ journal }) => journal.decideAsk(first!.id, { decision: approve, by: { kind: 'person' }, at: 1 }))
      for (let times = 0; times < 3; times++) {
        await fresh(async (runtime) => (await runtime.resume(threadId)).result)
        const asks = await fresh((runtime) => runtime.openAsks(threadId))
        assert.deepEqual(
          asks.map(({ args }) => args),
          [{ what: 'second' }]
        )
        assert.deepEqual(done, ['first'])
      }
    })

    it('does not take an answer twice: not that of the first ask for the second either', async () => {
      const { agent, done } = inTwoSteps()
      const fresh = freshRuntimes(await open(), agent)
      const { threadId } = await fresh((runtime) => runtime.startTurn({ agent: 'agent', input: 'go' }))
      const [first] = await fresh((runtime) => runtime.openAsks(threadId))
      await fresh(async (runtime) => (await runtime.resolveInput(first!.id, approve)).result)
      await refused(() => fresh((runtime) => runtime.resolveInput(first!.id, approve)), 'ASK_DECIDED')
      assert.equal((await fresh((runtime) => runtime.openAsks(threadId))).length, 1)
      assert.deepEqual(done, ['first'])
    })
  })

describe('a message to a thread that asks', () => {
  it('is refused, to the root and to the child; the ask and every checkpoint stay as they were', async () => {
    const touch = effects()
    const fresh = freshRuntimes(await inMemory(), () => ladder({ touch }))
    const { threadId } = await fresh((runtime) => runtime.startTurn({ agent: 'lead', input: 'a' }))
    const before = await fresh((runtime) => runtime.getSnapshot(threadId))
    const [asked] = before.asks
    const message = { agent: 'lead', input: 'never mind, do something else', threadId }
    await refused(() => fresh((runtime) => runtime.startTurn(message)), 'THREAD_ASKING')
    await refused(() => fresh((runtime) => runtime.startStreamingTurn(message)), 'THREAD_ASKING')
    const child = { ...message, agent: 'tester', threadId: asked!.ask.threadId }
    await refused(() => fresh((runtime) => runtime.startTurn(child)), 'BAD_ARGUMENTS')
    assert.deepEqual(await fresh((runtime) => runtime.getSnapshot(threadId)), before)

    const { outcome } = await fresh(async (runtime) => (await runtime.resolveInput(asked!.ask.id, approve)).result)
    assert.deepEqual(outcome, { status: 'completed', text: 'tested a: touched a' })
    assert.deepEqual(touch.done, ['a'])
  })

  it('that is injected answers nothing: it is read when the ask has its decision', async () => {
    const { agent, done } = inTwoSteps()
    const fresh = freshRuntimes(await inMemory(), agent)
    const { threadId } = await fresh((runtime) => runtime.startTurn({ agent: 'agent', input: 'go' }))
    const asks = await fresh((runtime) => runtime.openAsks(threadId))
    await fresh((runtime) => runtime.inject(threadId, 'yes'))
    await fresh(async (runtime) => (await runtime.resume(threadId)).result)
    assert.deepEqual(await fresh((runtime) => runtime.openAsks(threadId)), asks)
    assert.deepEqual(done, [])
    await fresh(async (runtime) => (await runtime.resolveInput(asks[0]!.id, approve)).result)
    assert.deepEqual(done, ['first'])
    const { values } = await fresh((runtime) => runtime.getSnapshot(threadId))
    assert.deepEqual(
      (values.messages as Said[]).map(({ text }) => text),
      ['go', '', 'touched first', 'yes', '']
    )
  })
})

/** What the messages of a snapshot have in common. */
interface Said {
  readonly text: string
  readonly tool_call_id?: string
  readonly tool_calls?: readonly { readonly id?: string }[]
}

function mixesOf(length: number): Kind[][] {
  if (length === 0) return [[]]
  return mixesOf(length - 1).flatMap((mix) => KINDS.map((kind) => [...mix, kind]))
}

/** The journal as a process leaves it that dies while it drives the tree. */
async function leftInTheMiddle({ journal }: Store, rootThreadId: string): Promise<void> {
  for (const { threadId } of await journal.threadsOf(rootThreadId))
    await journal.setThreadStatus(threadId, 'running', 1)
}

async function refused(attempt: () => Promise<unknown>, code: string): Promise<void> {
  const error = await attempt().then(
    () => assert.fail(`${code} was expected`),
    (thrown) => thrown
  )
  assert.equal(error.code, code, error.message)
}
