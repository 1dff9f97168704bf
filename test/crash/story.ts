// A tree from its first message to its last, through the processes that drive it: each is given a point at which it dies,
// and the next one finds what it left. The last one lives.
import { setTimeout as sleep } from 'node:timers/promises'
import { assert } from 'vitest'
import { openStore } from '../../checkpointers/open.ts'
import type { Store } from '../../checkpointers/store.ts'
import { type AgentRuntime, agentRuntime } from '../../runtime/agent-runtime.ts'
import type { ThreadRecord } from '../../state/threads.ts'
import { type CrashPoint, crashingStore, type MortalProcess, mortalProcess } from '../support/crashing-store.ts'
import type { StorePlace } from '../support/stores.ts'
import { type ManualClock, manualClock } from './manual-clock.ts'
import { type Book, emptyBook, isAccepted, lookAfterCrash, lookAtEnd } from './onlooker.ts'
import { decisionOn, tree, WORK } from './tree.ts'

export interface Story {
  readonly seed: number
  makePlace(): Promise<StorePlace>
  readonly crashes: readonly CrashPoint[]
}

const LEASE_MS = 30_000
const STEER = 'mind the step'
const NEXT = 'and then?'
const LAST = 'and at last?'
/** Far beyond what any of this takes: a process that comes to no end shall be named by its crash point. */
const WATCH_MS = 60_000

/** Lives through the story and checks what must hold. Gives the steps that its processes took. */
export async function liveThrough({ seed, makePlace, crashes }: Story): Promise<string[]> {
  const place = await makePlace()
  const book = emptyBook()
  const clock = manualClock()
  const lives: MortalProcess[] = []
  try {
    for (const point of [...crashes, undefined]) {
      const store = await openStore(place.url)
      const life = mortalProcess(point)
      lives.push(life)
      try {
        await lookAfterCrash(store, book)
        await lived({ store, life, book, seed, clock })
        if (!life.dead) await concluded({ store, book, seed, clock })
      } finally {
        await store.close()
      }
      if (!life.dead) break
      clock.advance(LEASE_MS + 1)
    }
    return lives.flatMap(({ steps }) => steps)
  } catch (error) {
    throw new Error(`${told({ seed, lives, crashes })}: ${(error as Error).message}`, { cause: error })
  } finally {
    await place.remove()
  }
}

interface Life {
  store: Store
  life: MortalProcess
  book: Book
  seed: number
  clock: ManualClock
}

/** One process, to the end of the story or to its own. */
async function lived({ store, life, book, seed, clock }: Life): Promise<void> {
  const agents = [
    tree({
      seed,
      act: (deed) => life.step(`tool ${deed.tool}`, () => void book.done.push(deed)),
      thinks: () => life.step('model', () => {})
    })
  ]
  const runtime = agentRuntime({
    store: crashingStore(store, life),
    agents,
    clock,
    leaseMs: LEASE_MS,
    every: () => () => {}
  })
  const working = persevere(runtime, { store, book, seed })
  const watch = new AbortController()
  const tooLong = sleep(WATCH_MS, undefined, { signal: watch.signal, ref: false }).then(() => 'too long' as const)
  const first = await Promise.race([working.catch((error) => ({ error })), life.death, tooLong.catch(() => undefined)])
  watch.abort()
  if (life.dead) return void (await life.death)
  if (first === 'too long') throw new Error('the process came to no end')
  if (first) throw first.error
  await runtime.close()
}

/** What a process does that is started again and again until the story is over: it looks what is left to be done. */
async function persevere(runtime: AgentRuntime, { store, book, seed }: Omit<Life, 'life' | 'clock'>): Promise<void> {
  const rootNow = async () => (await store.journal.roots({ limit: 1 }))[0]
  const present = await rootNow()
  if (!present) await runtime.startTurn({ agent: 'lead', input: WORK })
  for (const turn of await runtime.recover()) await turn.result

  const root = (await rootNow())!
  if (!(await isAccepted(STEER, { store, root }))) await runtime.inject(root.threadId, STEER)
  await answerAll(runtime, { root, book, seed })
  assert.equal((await rootNow())!.status, 'completed', 'all was answered')
  if (!(await isAccepted(NEXT, { store, root })))
    await runtime.startTurn({ agent: 'lead', input: NEXT, threadId: root.threadId })
}

async function answerAll(
  runtime: AgentRuntime,
  { root, book, seed }: { root: ThreadRecord; book: Book; seed: number }
): Promise<void> {
  while (true) {
    const asks = await runtime.openAsks(root.threadId)
    if (asks.length === 0) return
    for (const ask of asks) {
      assert.ok(!book.answered.has(ask.id), `what was answered is asked again: ${JSON.stringify(ask.args)}`)
      book.listed.set(ask.id, ask)
    }
    for (const ask of asks) {
      const turn = await runtime.resolveInput(ask.id, decisionOn(ask, seed))
      book.answered.add(ask.id)
      await turn.result
    }
  }
}

/** The story is over: the thread takes another message all the same, and all is as it must be. */
async function concluded({ store, book, seed, clock }: Omit<Life, 'life'>): Promise<void> {
  const [root] = await store.journal.roots({ limit: 1 })
  const agents = [tree({ seed, act: async (deed) => void book.done.push(deed) })]
  const runtime = agentRuntime({ store, agents, clock, leaseMs: LEASE_MS, every: () => () => {} })
  const { outcome } = await runtime.startTurn({ agent: 'lead', input: LAST, threadId: root!.threadId })
  assert.deepEqual(outcome, { status: 'completed', text: `you said ${LAST}` })
  await lookAtEnd({ store, root: root!, book }, { seed, inputs: [WORK, STEER, NEXT, LAST] })
  await runtime.close()
}

function told({ seed, lives, crashes }: Pick<Story, 'seed' | 'crashes'> & { lives: readonly MortalProcess[] }): string {
  const ends = lives.map(({ dead, steps }, nth) => {
    const how = dead ? `dead ${crashes[nth]?.when}` : 'alive after'
    return `${how} step ${steps.length} (${steps.at(-1)})`
  })
  return `seed ${seed}, ${ends.join(', then ')}`
}
