// A process in the middle of a turn loses it: because it slept past its lease, or because the turn is cancelled. Then it takes
// the same thread on. Whatever of it is slow, nothing of the turn that it lost comes after that.
import { assert } from 'vitest'
import { openStore } from '../../checkpointers/open.ts'
import { defineAgent } from '../../prebuilt/define-agent.ts'
import type { Agent } from '../../runtime/agent.ts'
import { agentRuntime } from '../../runtime/agent-runtime.ts'
import { eventsOf } from '../../runtime/history/events.ts'
import { beginsTurn } from '../../state/messages.ts'
import { allow } from '../../state/remit.ts'
import { seeded } from '../crash/seeded.ts'
import { collected } from '../support/collected.ts'
import { crashingStore } from '../support/crashing-store.ts'
import { manualTime } from '../support/manual-time.ts'
import { playing } from '../support/script.ts'
import { type SleepingProcess, sleepingProcess } from '../support/sleeping-process.ts'
import type { StorePlace } from '../support/stores.ts'
import { oneLine } from './one-history.ts'
import { speaker } from './speaker.ts'

export const LOSSES = ['asleep', 'cancelled'] as const
type Loss = (typeof LOSSES)[number]

/** One agent, or one with two below it, whose turns may be cut short by a limit besides. */
export const TREES = ['one agent', 'a tree', 'a tree in a hurry'] as const
type Tree = (typeof TREES)[number]

const LEASE_MS = 10_000
/** About as many steps as a turn has. */
const STEPS = { 'one agent': 34, 'a tree': 150, 'a tree in a hurry': 150 }
/** Turns of the event loop that a step takes where it is slow; a checkpoint takes twice that at most. */
const SLOW = 100
/** Turns within which a graph that nobody hears has come to its end. */
const QUIET = 3 * SLOW

interface Story {
  readonly tree: Tree
  readonly seed: number
  readonly place: StorePlace
}

export async function lostATurn(loss: Loss, { tree, seed, place }: Story): Promise<void> {
  const random = seeded(seed)
  const drawn = (upTo: number) => Math.floor(random() * upTo)
  const { clock, every, pass } = manualTime()
  const [mine, others] = [await openStore(place.url), await openStore(place.url)]
  const agent = agentOf(tree).charter.name
  const fixed = { agents: [agentOf(tree)], clock, leaseMs: LEASE_MS }
  const steps = sleepingProcess({ step: 1 + drawn(STEPS[tree]), when: drawn(2) === 0 ? 'before' : 'after' })
  const runtime = agentRuntime({ ...fixed, store: crashingStore(mine, steps), every })
  const other = agentRuntime({ ...fixed, store: others })
  try {
    const { threadId } = await other.startTurn({ agent, input: 'first' })
    const said = (input: string, by = runtime) => by.startTurn({ agent, threadId, input })
    const lost = said('second').catch((refused) => refused)
    await Promise.race([steps.asleep, lost])
    if (loss === 'asleep') {
      clock.advance(LEASE_MS + 1)
      for (const turn of await other.recover()) await turn.result
      assert.equal((await said('third', other)).outcome.status, 'completed')
    }
    const slow = new Map([['saver.put', drawn(3) * SLOW]])
    steps.wake((name) => {
      if (!slow.has(name)) slow.set(name, drawn(3) === 0 ? drawn(SLOW) : 0)
      return drawn(2) + slow.get(name)!
    })
    if (loss === 'asleep') pass(0)
    else await runtime.cancelRun(threadId, 'it takes too long')
    await lost
    const { outcome } = await said('fourth')
    assert.equal(outcome.status, 'completed', JSON.stringify(outcome))
    await quiet(steps)

    for (const thread of await others.journal.threadsOf(threadId)) await oneLine(thread.threadId, others)
    const inputs = (await oneLine(threadId, others)).filter(beginsTurn).map(({ text }) => text)
    assert.equal(new Set(inputs).size, inputs.length, `nothing is there twice: ${inputs}`)
    assert.equal(inputs.at(-1), 'fourth')
    const events = await collected(eventsOf(threadId, { journal: others.journal }))
    const numbers = events.map(({ seq }) => seq)
    assert.deepEqual(
      numbers,
      Array.from(numbers, (_, at) => at + 1),
      'the numbers of its events have no gap'
    )
  } finally {
    await runtime.close()
    await other.close()
    await mine.close()
    await others.close()
  }
}

function agentOf(tree: Tree): Agent {
  const worker = speaker(() => {})
  if (tree === 'one agent') return worker
  const tasks = (input: string) => ['a', 'b'].map((part) => `${input}, ${part}`)
  return defineAgent({
    name: 'lead',
    delegates: [worker],
    remit: [allow('touch')],
    ...(tree === 'a tree in a hurry' && { limits: { totalMs: LEASE_MS / 2 } }),
    model: playing((input, results) =>
      results.length > 0
        ? results.join('; ')
        : tasks(input).map((task) => ({ name: 'delegate', args: { agent: 'speaker', task } }))
    )
  })
}

async function quiet(steps: SleepingProcess): Promise<void> {
  for (let turn = 0; turn < QUIET; turn++) {
    await steps.idle()
    await new Promise(setImmediate)
  }
}
