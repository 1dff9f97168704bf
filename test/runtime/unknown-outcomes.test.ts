import { assert, describe, it, onTestFinished } from 'vitest'
import { openStore } from '../../checkpointers/open.ts'
import { defineAgent } from '../../prebuilt/define-agent.ts'
import { type AgentRuntime, agentRuntime } from '../../runtime/agent-runtime.ts'
import type { Effect } from '../../state/call-records.ts'
import { allow } from '../../state/remit.ts'
import { argsHash } from '../../tools/args-hash.ts'
import { effects } from '../support/effects.ts'
import { playing } from '../support/script.ts'
import { ALL_STORES } from '../support/stores.ts'

const HOLD = 10_000

/** A lead whose child calls `work` once; each call never ends by itself, until `lets` is true. */
function team(effect: Effect, how: { lets: boolean }) {
  const work = {
    ...effects('work'),
    effect,
    run: (_args: unknown, { signal }: { signal: AbortSignal }) =>
      how.lets
        ? Promise.resolve('worked')
        : new Promise<string>((_, reject) =>
            signal.addEventListener('abort', () => reject(signal.reason), { once: true })
          )
  }
  const hand = defineAgent({
    name: 'hand',
    tools: [work],
    remit: [allow('work')],
    model: playing((_task, results) => results[0] ?? [{ name: 'work', args: { what: 'x' }, id: 'call' }])
  })
  const model = playing((task, results) => results[0] ?? [{ name: 'delegate', args: { agent: 'hand', task } }])
  return defineAgent({ name: 'lead', delegates: [hand], remit: [allow('work')], model })
}

const toldOf = (runtime: AgentRuntime, threadId?: string): Promise<readonly (readonly [string, boolean])[]> =>
  runtime
    .unknownOutcomes(threadId)
    .then((calls) => calls.map(({ toolCallId, settled }) => [toolCallId, settled] as const))

for (const [name, makePlace] of ALL_STORES)
  describe(`calls of unknown outcome, on ${name}`, () => {
    async function opened(effect: Effect) {
      const place = await makePlace()
      onTestFinished(place.remove)
      const store = await openStore(place.url)
      onTestFinished(() => store.close())
      const how = { lets: false }
      const runtime = (principal?: string) =>
        agentRuntime({ store, agents: [team(effect, how)], leaseMs: HOLD, ...(principal && { principal }) })
      const first = runtime()
      const turn = await first.startStreamingTurn({ agent: 'lead', input: 'go' })
      for await (const event of turn) if (event.type === 'tool.started') break
      return { how, runtime, first, threadId: turn.threadId }
    }

    it('are none while their tree is driven; then they are listed with all that is known', async () => {
      const { first, runtime, threadId } = await opened('once')
      assert.deepEqual(await runtime().unknownOutcomes(), [])
      assert.deepEqual(await first.unknownOutcomes(threadId), [])
      await first.close()
      const [call, ...others] = await runtime().unknownOutcomes()
      assert.deepEqual(others, [])
      assert.deepInclude(call, {
        rootThreadId: threadId,
        path: 'lead/hand',
        toolCallId: 'call',
        tool: 'work',
        effect: 'once',
        argsHash: argsHash({ what: 'x' }),
        settled: false
      })
      assert.deepEqual(await runtime().unknownOutcomes(call!.threadId), [call])
    })

    it('are marked once their model was told, and a repeated one is known', async () => {
      for (const [effect, left] of [
        ['once', [['call', true]]],
        ['idempotent', []]
      ] as const) {
        const { first, runtime, threadId, how } = await opened(effect)
        await first.close()
        const next = runtime()
        assert.deepEqual(await toldOf(next), [['call', false]])
        how.lets = true
        const { outcome } = await (await next.resume(threadId)).result
        assert.equal(outcome.status, 'completed')
        assert.deepEqual(await toldOf(next), left)
        assert.deepEqual(await toldOf(next, threadId), left)
      }
    })

    it('of a cancelled tree stay listed, and one that changes nothing never is', async () => {
      for (const [effect, left] of [
        ['once', [['call', false]]],
        ['read', []]
      ] as const) {
        const { first, threadId } = await opened(effect)
        await first.cancelRun(threadId)
        assert.deepEqual(await toldOf(first), left)
      }
    })

    it('are of their principal alone', async () => {
      const { first, runtime } = await opened('once')
      await first.close()
      assert.deepEqual(await toldOf(runtime('somebody else')), [])
    })
  })
