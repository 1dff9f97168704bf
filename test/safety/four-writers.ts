// Several processes on one store, which all speak to the same threads.
import { once } from 'node:events'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { assert } from 'vitest'
import { openStore } from '../../checkpointers/open.ts'
import type { Store } from '../../checkpointers/store.ts'
import { agentRuntime } from '../../runtime/agent-runtime.ts'
import { startProcess } from '../support/processes.ts'
import type { StorePlace } from '../support/stores.ts'
import { oneHistory } from './one-history.ts'
import { type Said, speaker, type Writing } from './speaker.ts'

export interface Size {
  readonly processes: number
  readonly threads: number
  /** Messages of each process to each thread, and how many of them wait at the same time. */
  readonly each: number
  readonly atOnce: number
  readonly leaseMs?: number
}

/** A process that writes, as the one that started it sees it. */
export interface Writer {
  /** With which each of its messages begins. */
  readonly name: string
  readonly child: ReturnType<typeof startProcess>
  /** The store's holder in that process. */
  readonly holder: string
  readonly said: Said[]
  readonly ended: Promise<void>
}

/** Where they write. Who looks on comes in by a door of their own, where there is one, so as not to be counted. */
export interface WritingPlace extends StorePlace {
  readonly onlooker?: string
}

export interface Meanwhile {
  readonly url: string
  readonly store: Store
  readonly writers: readonly Writer[]
  readonly threadIds: readonly string[]
  readonly total: number
}

/**
 * Lets them all write, and looks at the end whether every thread has one history with nothing lost in it. Gives the
 * milliseconds from the first message to the last result.
 */
export async function written(
  { processes, threads, each, atOnce, leaseMs = 15_000 }: Size,
  { place, meanwhile }: { place: WritingPlace; meanwhile?: (what: Meanwhile) => Promise<void> }
): Promise<number> {
  const dir = await mkdtemp(join(tmpdir(), 'deputy-writers-'))
  const effectsFile = join(dir, 'effects')
  await writeFile(effectsFile, '')
  const threadIds = await begun(threads, place.url)
  const store = await openStore(place.onlooker ?? place.url)
  const writers: Writer[] = []
  try {
    const writing = { threadIds, each, atOnce, leaseMs }
    const names = Array.from({ length: processes }, (_, at) => `writer${at}`)
    const start = (name: string) => startWriter([place.url, effectsFile], { name, ...writing })
    for (const writer of await Promise.all(names.map(start))) writers.push(writer)
    const before = performance.now()
    for (const { child } of writers) child.stdin.write('go\n')
    const seen = { url: place.url, store, writers, threadIds, total: processes * threads * each }
    // Together: a writer that fails is heard of, also where somebody waits for what it will never do.
    await Promise.all([meanwhile?.(seen), ...writers.map(({ ended }) => ended)])
    const tookMs = performance.now() - before

    const said = writers.flatMap((writer) => writer.said)
    assert.equal(said.length, processes * threads * each, 'every message had a result')
    const effects = (await readFile(effectsFile, 'utf8')).split('\n').slice(0, -1)
    await oneHistory({ store, said, effects, mayBeUnknown: meanwhile !== undefined })
    return tookMs
  } finally {
    for (const { child } of writers) if (child.exitCode === null) child.kill('SIGKILL')
    await store.close()
    await rm(dir, { recursive: true, force: true })
  }
}

/** Threads that have had a turn each. */
async function begun(count: number, url: string): Promise<string[]> {
  const store = await openStore(url)
  const runtime = agentRuntime({ store, agents: [speaker(() => {})] })
  const turns = Array.from({ length: count }, () => runtime.startTurn({ agent: 'speaker', input: 'hello' }))
  const results = await Promise.all(turns)
  await store.close()
  return results.map(({ threadId }) => threadId)
}

async function startWriter(args: readonly string[], writing: Writing): Promise<Writer> {
  const child = startProcess(new URL('./writer-process.ts', import.meta.url).pathname, [
    ...args,
    JSON.stringify(writing)
  ])
  const gone = once(child, 'exit')
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]()
  const holder = (await lines.next()).value as string
  const said: Said[] = []
  const ended = (async () => {
    for await (const line of { [Symbol.asyncIterator]: () => lines }) said.push(JSON.parse(line) as Said)
    const [code] = await gone
    assert.equal(code, 0, `${writing.name} ended`)
  })()
  ended.catch(() => {}) // heard by whoever waits for it, later
  return { name: writing.name, child, holder, said, ended }
}
