import { setTimeout as sleep } from 'node:timers/promises'
import { assert, describe, it, onTestFinished } from 'vitest'
import { openStore } from '../../checkpointers/open.ts'
import { defineAgent } from '../../prebuilt/define-agent.ts'
import { agentRuntime } from '../../runtime/agent-runtime.ts'
import { type CrashPoint, crashingStore, mortalProcess } from '../support/crashing-store.ts'
import { playing } from '../support/script.ts'
import { sqlitePlace } from '../support/stores.ts'
import { manualClock } from './manual-clock.ts'

const LEASE_MS = 30_000

describe('an input that was accepted by a process which died before its first checkpoint', () => {
  it('is answered, also when somebody resumes the thread while the lease of the dead one still runs', async () => {
    const { steps } = await twoTurns()
    const step = steps.lastIndexOf('journal.acquireLease') + 1
    const { url, clock, threadId } = await twoTurns({ step, when: 'after' })

    const store = await openStore(url)
    onTestFinished(store.close)
    const runtime = agentRuntime({ store, agents: [agent()], clock, leaseMs: LEASE_MS })
    const early = await runtime.resume(threadId)
    const refused = early.result.then(
      () => {},
      () => {}
    )
    await Promise.race([refused, sleep(50)])
    clock.advance(LEASE_MS + 1)
    for (const turn of await runtime.recover()) await turn.result
    const { values } = await runtime.getSnapshot(threadId)
    const texts = (values as { messages: { text: string }[] }).messages.map(({ text }) => text)
    assert.deepEqual(texts, ['one', 'you said one', 'two', 'you said two'])
  })
})

/** A thread with one turn, and a process that dies at `point` in the second. */
async function twoTurns(point?: CrashPoint) {
  const place = await sqlitePlace()
  onTestFinished(place.remove)
  const store = await openStore(place.url)
  const life = mortalProcess(point)
  const clock = manualClock()
  const every = () => () => {}
  const runtime = agentRuntime({
    store: crashingStore(store, life),
    agents: [agent()],
    clock,
    leaseMs: LEASE_MS,
    every
  })
  const { threadId } = await runtime.startTurn({ agent: 'agent', input: 'one' })
  const second = runtime.startTurn({ agent: 'agent', input: 'two', threadId })
  await Promise.race([second, life.death])
  await second.catch(() => {})
  await store.close()
  return { url: place.url, clock, threadId, steps: life.steps }
}

const agent = () => defineAgent({ name: 'agent', model: playing((task) => `you said ${task}`) })
