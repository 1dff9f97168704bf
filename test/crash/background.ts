// Twenty tasks in the background of a lead whose process dies: the lead waits for five of them, has one more thing for the
// first, and ends its turn. Whatever dies when, it hears of each once, and none runs twice.
import { setTimeout as sleep } from 'node:timers/promises'
import { type BaseMessage, isHumanMessage } from '@langchain/core/messages'
import { assert } from 'vitest'
import { z } from 'zod'
import { openStore } from '../../checkpointers/open.ts'
import type { Store } from '../../checkpointers/store.ts'
import type { Agent } from '../../runtime/agent.ts'
import { type AgentRuntime, agentRuntime } from '../../runtime/agent-runtime.ts'
import { allow, ask } from '../../state/remit.ts'
import { tool } from '../../tools/tool.ts'
import { answersIn, isReport, leadOf, messagesOf, reportsTo, start, task } from '../support/background.ts'
import { crashingStore, type MortalProcess, mortalProcess } from '../support/crashing-store.ts'
import type { playing } from '../support/script.ts'
import { manualClock } from './manual-clock.ts'
import type { Story } from './story.ts'

const COUNT = 20
const AWAITED = 5
const MORE = 'more'
const LEASE_MS = 30_000
const WATCH_MS = 60_000

const idOf = (nth: number) => `go.${nth}`
const numbers = Array.from({ length: COUNT }, (_, at) => at + 1)

/** Lives through the story and checks what must hold. Gives the steps that its processes took. */
export async function leftAtWork({ seed, makePlace, crashes }: Story): Promise<string[]> {
  const place = await makePlace()
  const clock = manualClock()
  const done: string[] = []
  const lives: MortalProcess[] = []
  try {
    for (const point of [...crashes, undefined]) {
      const store = await openStore(place.url)
      const life = mortalProcess(point)
      lives.push(life)
      try {
        const agents = [agentOf(life, done)]
        const options = { agents, clock, leaseMs: LEASE_MS, every: () => () => {} }
        await lived(agentRuntime({ store: crashingStore(store, life), ...options }), { store, life })
        if (!life.dead) await lookAtEnd(agentRuntime({ store, ...options }), { store, done, crashed: lives.length > 1 })
      } finally {
        await store.close()
      }
      if (!life.dead) break
      clock.advance(LEASE_MS + 1)
    }
    return lives.flatMap(({ steps }) => steps)
  } catch (error) {
    const ends = lives.map(
      ({ dead, steps }) => `${dead ? 'dead' : 'alive'} after step ${steps.length} (${steps.at(-1)})`
    )
    throw new Error(`seed ${seed}, ${JSON.stringify(crashes)}, ${ends.join(', then ')}: ${(error as Error).message}`, {
      cause: error
    })
  } finally {
    await place.remove()
  }
}

/** Every worker notes once; every fourth has to ask for it, and the lead’s rules allow it. */
function agentOf({ step }: MortalProcess, done: string[]): Agent {
  const notes = (name: string) =>
    tool({
      name,
      description: 'Has an effect.',
      effect: 'once',
      args: z.object({ what: z.string() }),
      run: async ({ what }) => step(`tool ${name}`, () => `noted ${done.push(what) && what}`)
    })
  const moves = [
    start('go', ...numbers.map((nth) => `${nth % 4 === 0 ? 'sign' : 'note'} ${nth}`)),
    task({ op: 'wait', ids: numbers.slice(0, AWAITED).map(idOf) }, 'wait'),
    task({ op: 'send', id: idOf(1), text: MORE }, 'send')
  ]
  return leadOf({
    tools: [notes('note'), notes('sign')],
    moves: playedBy(step, (input, results) => (isReport(input) ? 'heard' : (moves[results.length] ?? 'started'))),
    lead: { answers: [allow('sign')] },
    worker: { remit: [allow('note'), ask('sign')] }
  })
}

function playedBy(
  step: MortalProcess['step'],
  moves: Extract<Parameters<typeof playing>[0], (...args: never[]) => unknown>
): Parameters<typeof playing>[0] {
  return (...told) => step('model', () => moves(...told))
}

/** One process, to the end of the story or to its own. */
async function lived(runtime: AgentRuntime, { store, life }: { store: Store; life: MortalProcess }): Promise<void> {
  const watch = new AbortController()
  const tooLong = sleep(WATCH_MS, 'too long' as const, { signal: watch.signal, ref: false }).catch(() => undefined)
  const working = persevere(runtime, store).catch((error) => ({ error }))
  const first = await Promise.race([working, life.death, tooLong])
  watch.abort()
  if (life.dead) return void (await life.death)
  if (first === 'too long') throw new Error('the process came to no end')
  if (first) throw first.error
  await runtime.close()
}

async function persevere(runtime: AgentRuntime, store: Store): Promise<undefined> {
  if ((await store.journal.roots({ limit: 1 })).length === 0) await runtime.startTurn({ agent: 'lead', input: 'go' })
  for (const turn of await runtime.recover()) await turn.result
  const [root] = await store.journal.roots({ limit: 1 })
  await runtime.idle(root!.threadId)
}

async function lookAtEnd(
  runtime: AgentRuntime,
  { store, done, crashed }: { store: Store; done: readonly string[]; crashed: boolean }
): Promise<void> {
  const [root] = await store.journal.roots({ limit: 1 })
  const { threadId } = root!
  assert.equal(root!.status, 'completed')
  assert.deepEqual(await store.journal.unfinished(), [], 'nothing is left to be done')
  assert.deepEqual(await store.journal.letters(threadId), [], 'nothing is left to be told')

  const { ledger, subtree } = await runtime.getSnapshot(threadId)
  assert.sameMembers(
    ledger.map(({ id }) => id),
    numbers.map(idOf)
  )
  assert.deepEqual([...new Set(ledger.map(({ status }) => status))], ['completed'])
  assert.lengthOf(subtree, COUNT + 1)
  assert.deepEqual([...new Set(subtree.map(({ thread }) => thread.status))], ['completed'])

  const waited = (await answersIn(runtime, threadId)).filter((answer) => JSON.stringify(answer).includes('"result"'))
  assert.lengthOf(waited, 1)
  assert.lengthOf((waited[0] as { tasks: unknown[] }).tasks, AWAITED)
  const told = [idOf(1), ...numbers.slice(AWAITED).map(idOf)]
  assert.sameMembers(await reportsTo(runtime, threadId), told, 'each is told once')

  for (const { thread } of subtree.slice(1)) {
    const inputs = (await messagesOf(runtime, thread.threadId)).filter(isHumanMessage).map(textOf)
    assert.deepEqual(inputs, thread.taskId === idOf(1) ? [thread.task, MORE] : [thread.task])
  }
  assert.lengthOf([...new Set(done)], done.length, 'no effect is had twice')
  if (!crashed) assert.lengthOf(done, COUNT)
}

const textOf = ({ text }: BaseMessage) => text
