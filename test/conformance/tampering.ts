import { randomBytes } from 'node:crypto'
import { type BaseCheckpointSaver, type CheckpointTuple, emptyCheckpoint, uuid6 } from '@langchain/langgraph-checkpoint'
import { describe, expect, it, onTestFinished } from 'vitest'
import { type OpenOptions, openStore } from '../../checkpointers/open.ts'
import { defineAgent } from '../../prebuilt/define-agent.ts'
import { agentRuntime } from '../../runtime/agent-runtime.ts'
import { execute } from '../support/execute.ts'
import { playing } from '../support/script.ts'
import type { StorePlace } from '../support/stores.ts'
import { TAMPERING } from '../support/tampering.ts'

const KEY = randomBytes(32).toString('hex')
const VALUES = ['first', 'second', 'third']

/** Puts a checkpoint that holds `value`, short and long, with a pending write. */
async function putOne(saver: BaseCheckpointSaver, { threadId, value, parent }: Putting): Promise<string> {
  const channel_versions = { text: `1.${value}`, long: `1.${value}` }
  const channel_values = { text: value, long: value.repeat(100) }
  const checkpoint = { ...emptyCheckpoint(), id: uuid6(0), channel_values, channel_versions }
  const config = { configurable: { thread_id: threadId, checkpoint_ns: '', ...(parent && { checkpoint_id: parent }) } }
  const put = await saver.put(config, checkpoint, { source: 'loop', step: 1, parents: {} }, channel_versions)
  await saver.putWrites(put, [['text', 'kept']], 'task')
  return checkpoint.id
}

interface Putting {
  readonly threadId: string
  readonly value: string
  readonly parent?: string | undefined
}

/** A thread of three checkpoints, and another of one. */
export async function putAll(saver: BaseCheckpointSaver): Promise<string[]> {
  await putOne(saver, { threadId: 'other', value: 'other' })
  const ids: string[] = []
  for (const value of VALUES) ids.push(await putOne(saver, { threadId: 't', value, parent: ids.at(-1) }))
  return ids
}

const configOf = (threadId: string, checkpointId?: string) => ({
  configurable: { thread_id: threadId, checkpoint_ns: '', ...(checkpointId && { checkpoint_id: checkpointId }) }
})

async function valuesListed(saver: BaseCheckpointSaver, options = {}): Promise<unknown[]> {
  const tuples: CheckpointTuple[] = []
  for await (const tuple of saver.list(configOf('t'), options)) tuples.push(tuple)
  return tuples.map(({ checkpoint }) => checkpoint.channel_values.text)
}

/** What every store that survives its process must make of checkpoints that somebody else has changed or written. */
export function describeTampering(
  dialect: 'SQLite' | 'Postgres',
  makePlace: () => Promise<StorePlace>,
  { isEncrypted = false } = {}
): void {
  describe(`tampered checkpoints in ${dialect}`, () => {
    async function freshUrl() {
      const place = await makePlace()
      onTestFinished(place.remove)
      return place.url
    }
    async function open(url: string, options: OpenOptions = {}) {
      const store = await openStore(url, options)
      onTestFinished(store.close)
      return store
    }

    const keys = [
      ['without a key', {}],
      ['with a key', { key: KEY }]
    ] as const
    for (const [how, options] of keys)
      it.each(TAMPERING[dialect])(`are refused by name and hide no other, ${how}: $what`, async ({ names, sql }) => {
        const url = await freshUrl()
        const [first, second, third] = (await putAll((await open(url, options)).saver)) as [string, string, string]
        await execute(url, sql(second))

        const { saver, journal } = await open(url, options)
        const name = new RegExp(`deputy_checkpoints "t" "" "${second}": .*${names}`)
        const refusal = { name: 'RuntimeError', code: 'BAD_STORE', message: expect.stringMatching(name) }
        await expect(saver.getTuple(configOf('t', second))).rejects.toMatchObject(refusal)
        expect(journal.damaged()).toEqual([expect.stringMatching(name)])
        expect(await valuesListed(saver)).toEqual(['third', 'first'])
        expect(await valuesListed(saver, { limit: 2 })).toEqual(['third', 'first'])
        expect(await valuesListed(saver, { limit: 1, before: configOf('t', third) })).toEqual(['first'])
        expect(await valuesListed(saver, { filter: { source: 'loop' } })).toEqual(['third', 'first'])
        expect(await saver.getTuple(configOf('t', first))).toMatchObject({ pendingWrites: [['task', 'text', 'kept']] })
        const found = await saver.getTuple(configOf('t', third))
        expect(found?.checkpoint.channel_values.long).toBe('third'.repeat(100))
        expect((await saver.getTuple(configOf('t')))?.checkpoint.id).toBe(third)
        expect(await saver.getTuple(configOf('other'))).toBeDefined()
        expect(journal.damaged()).toHaveLength(1)
      })

    it('stop a thread, by name, and no other', async () => {
      const url = await freshUrl()
      const store = await open(url)
      const agent = defineAgent({ name: 'agent', model: playing((task) => `you said ${task}`) })
      const runtime = agentRuntime({ store, agents: [agent] })
      onTestFinished(runtime.close)
      const [good, bad] = await Promise.all(['a', 'b'].map((input) => runtime.startTurn({ agent: 'agent', input })))
      const list = `(select id from deputy_lists where thread_id = '${bad!.threadId}')`
      await execute(url, `update deputy_checkpoints set parent_id = checkpoint_id where list = ${list}`)
      const name = new RegExp(`go on from another one or mend it: deputy_checkpoints "${bad!.threadId}" ""`)
      const refusal = { code: 'BAD_STORE', message: expect.stringMatching(name) }
      await expect(runtime.getSnapshot(bad!.threadId)).rejects.toMatchObject(refusal)
      const { values } = await runtime.getSnapshot(good!.threadId)
      expect((values as { messages: { content: unknown }[] }).messages.at(-1)?.content).toBe('you said a')
      const next = await runtime.startTurn({ agent: 'agent', input: 'c', threadId: good!.threadId })
      expect(next.outcome).toMatchObject({ status: 'completed' })
    })

    it.skipIf(isEncrypted)('are read with the key that they were written with, and no other', async () => {
      const url = await freshUrl()
      const writer = await open(url, { key: KEY })
      await putOne(writer.saver, { threadId: 't', value: 'keyed' })
      const again = await open(url, { key: Buffer.from(KEY, 'hex').toString('base64') })
      expect(await valuesListed(again.saver)).toEqual(['keyed'])
      const other = await open(url, { key: randomBytes(32).toString('hex') })
      await expect(other.saver.getTuple(configOf('t'))).rejects.toThrow('another key')
      const keyless = await open(url, { key: '' })
      await expect(keyless.saver.getTuple(configOf('t'))).rejects.toThrow('DEPUTY_STORE_KEY')
      for (const store of [writer, again, other, keyless]) expect(store.url).not.toContain(KEY)
    })
  })
}
