import { execFile } from 'node:child_process'
import { createInterface } from 'node:readline'
import { promisify } from 'node:util'
import { assert, describe, it, onTestFinished } from 'vitest'
import { openStore } from '../../checkpointers/open.ts'
import { type AgentRuntime, agentRuntime } from '../../runtime/agent-runtime.ts'
import { AgentEvent, passes } from '../../state/events.ts'
import { argsHash } from '../../tools/args-hash.ts'
import { builtFile } from '../support/built.ts'
import { collected } from '../support/collected.ts'
import { startProcess } from '../support/processes.ts'
import { ALL_STORES, sqlitePlace } from '../support/stores.ts'
import { DISCONNECTS, readInPieces } from './disconnected.ts'
import { CHILDREN, eightChildren } from './eight-children.ts'

const fileOf = (name: string) => new URL(name, import.meta.url).pathname
const SEED = 11
const TIMEOUT = 120_000

for (const [name, makePlace] of ALL_STORES)
  describe(`the events of a lead and eight children, on ${name}`, () => {
    it(`are the same for all: read over ${DISCONNECTS} broken connections, from another process, and when all is over`, {
      timeout: TIMEOUT
    }, async () => {
      const { runtime, url } = await fresh()
      const other = url === 'memory:' ? undefined : await otherReader(url)
      const turn = await runtime.startStreamingTurn({ agent: 'lead', input: 'go' })
      const reading = readInPieces(runtime, { ...turn, seed: SEED })
      await turn.result
      await other?.connected
      await answerAll(runtime, turn.threadId)
      const { log, disconnects } = await reading
      const late = await collected(runtime.events(turn.threadId))

      assert.equal(disconnects, DISCONNECTS)
      assertWhole(log, turn.threadId)
      assert.equal(argsHash(log), argsHash(late))
      if (other)
        assert.deepEqual(await other.told, { disconnects: DISCONNECTS, hash: argsHash(log), late: argsHash(log) })
    })

    it('are the same live and in the journal, in one order', { timeout: TIMEOUT }, async () => {
      const { runtime } = await fresh()
      const turn = await runtime.startStreamingTurn({ agent: 'lead', input: 'go' })
      const live = [collected(turn)]
      await turn.result
      live.push(...(await answerAll(runtime, turn.threadId)))
      const journal = await collected(runtime.events(turn.threadId))
      const seen = new Set<number>()
      for (const events of await Promise.all(live)) {
        const kept = events.filter((event) => !passes(event))
        assert.deepEqual(kept, journal.slice(kept[0]!.seq - 1, kept.at(-1)!.seq))
        for (const { seq } of kept) seen.add(seq)
      }
      assert.equal(seen.size, journal.length, 'together they told all of it')
    })

    async function fresh() {
      const place = await makePlace()
      onTestFinished(place.remove)
      const store = await openStore(place.url)
      onTestFinished(store.close)
      return { runtime: agentRuntime({ store, agents: [eightChildren()] }), url: place.url }
    }
  })

describe('a reader that reads one event and then none until the turn is over', () => {
  const MB = 1024 * 1024

  it('holds up nothing, holds no more than 64 MB of 210, and still reads all of it in order', {
    timeout: TIMEOUT
  }, async () => {
    const [prompt, slow] = await Promise.all([poured('prompt'), poured('slow')])
    for (const { outcome, read, journal } of [prompt, slow]) {
      assert.equal(outcome, 'completed')
      assert.isAtLeast(journal.length, 210 * MB)
      assert.deepEqual(read, journal)
    }
    assert.isBelow(slow.held - prompt.held, 64 * MB)
  })

  async function poured(how: 'prompt' | 'slow'): Promise<Poured> {
    const { url, remove } = await sqlitePlace()
    onTestFinished(remove)
    const args = ['--expose-gc', builtFile(fileOf('slow-reader-process.ts')), url, how]
    return JSON.parse((await promisify(execFile)(process.execPath, args)).stdout)
  }
})

interface Poured {
  outcome: string
  /** Bytes at most, beyond those before the turn. */
  held: number
  read: Digest
  journal: Digest
}

interface Digest {
  count: number
  length: number
  hash: string
}

/** A second process that reads from the moment that a tree is there. */
async function otherReader(url: string) {
  const child = startProcess(fileOf('reader-process.ts'), [url, String(SEED + 1)])
  onTestFinished(() => void child.kill('SIGKILL'))
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]()
  const line = async () => (await lines.next()).value as string
  assert.equal(await line(), 'ready')
  const connected = line()
  return { connected, told: connected.then(line).then(JSON.parse) }
}

/** Approves what is asked, and waits for the end; gives what each answer let follow. */
async function answerAll(runtime: AgentRuntime, threadId: string): Promise<Promise<AgentEvent[]>[]> {
  const asks = await runtime.openAsks(threadId)
  assert.equal(asks.length, CHILDREN)
  const turns = []
  for (const { id } of asks) turns.push(await runtime.resolveInput(id, { kind: 'approve', scope: 'once' }))
  const live = turns.map(collected)
  await Promise.all(turns.map(({ result }) => result))
  return live
}

function assertWhole(log: readonly AgentEvent[], rootThreadId: string): void {
  assert.deepEqual(
    log.map(({ seq }) => seq),
    log.map((_, at) => at + 1)
  )
  for (const event of log) {
    AgentEvent.parse(event)
    assert.equal(event.rootThreadId, rootThreadId)
    assert.ok(event.runId)
    assert.equal(event.path, event.threadId === rootThreadId ? 'lead' : 'lead/clerk')
  }
  assert.equal(new Set(log.map(({ threadId }) => threadId)).size, 1 + CHILDREN)
  for (const type of ['ask.opened', 'ask.decided'] as const) {
    const ids = log.flatMap((event) => (event.type === type ? [event.ask.id] : []))
    assert.equal(ids.length, CHILDREN, type)
    assert.equal(new Set(ids).size, CHILDREN, type)
  }
}
