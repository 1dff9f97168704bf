import { AIMessage, BaseMessage, HumanMessage } from '@langchain/core/messages'
import { END, MessagesValue, START, StateGraph, StateSchema } from '@langchain/langgraph'
import { type BaseCheckpointSaver, emptyCheckpoint, uuid6 } from '@langchain/langgraph-checkpoint'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { expectPlain, HUMAN_ENVELOPE } from '../support/hostile-json.ts'
import type { OpenSaver } from './saver.ts'

/** Text that is hard to keep: NUL, half of a surrogate pair, a quote, and what JSON and SQL would read. */
const HARD_TEXT = 'a\0b \ud800 😀 "c" \\u0000 \'; drop table checkpoints; --\r\n'
const HOSTILE = { note: HUMAN_ENVELOPE, set: { $deputy: 'Set', of: [1] }, deputy: 'deputy1 sha256 x\n{}' }
const CONFIG = { configurable: { thread_id: 't', checkpoint_ns: '' } }

/** What comes back of the state that is put into any store. */
export function describeState(name: string, open: () => Promise<OpenSaver>): void {
  describe(name, () => {
    let opened: OpenSaver
    let saver: BaseCheckpointSaver
    beforeEach(async () => {
      opened = await open()
      saver = opened.saver
    })
    afterEach(() => opened.close())

    /** Puts a value everywhere where a checkpoint can have one, and gives what is found there. */
    async function throughTheStore(value: unknown) {
      const id = uuid6(0)
      const channel_versions = { value: id }
      const checkpoint = { ...emptyCheckpoint(), id, channel_values: { value }, channel_versions }
      const metadata = { source: 'update', step: 1, parents: {}, value } as const
      const put = await saver.put(CONFIG, checkpoint, metadata, channel_versions)
      await saver.putWrites(put, [['value', value]], 'task')
      const tuple = await saver.getTuple(put)
      for await (const listed of saver.list(CONFIG, { limit: 1 })) expect(listed).toEqual(tuple)
      const [, , write] = tuple!.pendingWrites![0]!
      return [tuple!.checkpoint.channel_values.value, (tuple!.metadata as { value?: unknown }).value, write]
    }

    it('gives back what looks like an instance as the plain object that it is', async () => {
      for (const found of await throughTheStore(HOSTILE)) {
        expectPlain(found)
        expect(found).toStrictEqual(HOSTILE)
      }
    })

    it('gives back keys that lead to prototypes elsewhere', async () => {
      const value = JSON.parse('{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}}}')
      for (const found of await throughTheStore(value)) {
        expectPlain(found)
        expect(JSON.stringify(found)).toBe(JSON.stringify(value))
      }
      expect(({} as Record<string, unknown>).polluted).toBeUndefined()
    })

    it('gives back text that is hard to keep', async () => {
      for (const found of await throughTheStore({ [HARD_TEXT]: HARD_TEXT }))
        expect(found).toStrictEqual({ [HARD_TEXT]: HARD_TEXT })
    })

    it('gives back bytes, sets and messages', async () => {
      const bytes = new Uint8Array([0, 200, 255])
      for (const found of await throughTheStore(bytes)) expect(found).toStrictEqual(bytes)
      const value = { set: new Set([1]), message: new HumanMessage(HARD_TEXT) }
      for (const found of await throughTheStore(value)) {
        expect(found).toEqual(value)
        expect((found as typeof value).message).toBeInstanceOf(HumanMessage)
      }
    })

    it('lists each of many checkpoints once, also those with the same id on several threads', async () => {
      const ids = Array.from({ length: 30 }, (_, at) => uuid6(at))
      for (const thread_id of ['a', 'b', 'c'])
        for (const id of ids) {
          const config = { configurable: { thread_id, checkpoint_ns: '' } }
          const metadata = { source: 'loop', step: ids.indexOf(id), parents: {} } as const
          await saver.put(config, { ...emptyCheckpoint(), id }, metadata, {})
        }
      const listed = async (thread_id?: string, options = {}) => {
        const found: string[] = []
        for await (const { config } of saver.list({ configurable: { thread_id } }, options))
          found.push(`${config.configurable?.thread_id} ${config.configurable?.checkpoint_id}`)
        return found
      }
      const newestFirst = (thread: string) => ids.toReversed().map((id) => `${thread} ${id}`)
      expect(await listed('a')).toEqual(newestFirst('a'))
      expect(await listed('a', { limit: 25 })).toEqual(newestFirst('a').slice(0, 25))
      expect(await listed('a', { limit: 1, filter: { step: 2 } })).toEqual([`a ${ids[2]}`])
      expect((await listed()).toSorted()).toEqual(['a', 'b', 'c'].flatMap(newestFirst).toSorted())
    })

    it('gives a graph its messages back, with hostile contents and arguments as plain data', async () => {
      const { graph, seen } = hostileGraph()
      graph.checkpointer = saver
      const content = [{ type: 'text' as const, text: 'a', ...HOSTILE }]
      await graph.invoke({ messages: [new HumanMessage({ content, additional_kwargs: HOSTILE })] }, CONFIG)
      await graph.invoke({ messages: [new HumanMessage('again')] }, CONFIG)
      const [human, ai] = seen.at(-1) as [HumanMessage, AIMessage]
      for (const message of [human, ai]) expect(message).toBeInstanceOf(BaseMessage)
      expect(human.content).toStrictEqual(content)
      expect(human.additional_kwargs).toStrictEqual(HOSTILE)
      expect(ai.tool_calls?.[0]?.args).toStrictEqual(HOSTILE)
      expectPlain(human.content)
      expectPlain(ai.tool_calls)
      const { values } = await graph.getState(CONFIG)
      expect(values.notes).toStrictEqual([HOSTILE])
    })
  })
}

/** A graph that calls a tool with hostile arguments, and shows the messages that it finds. */
function hostileGraph() {
  const seen: BaseMessage[][] = []
  const State = new StateSchema({ messages: MessagesValue, notes: z.array(z.unknown()).default([]) })
  const graph = new StateGraph(State)
    .addNode('think', ({ messages }) => {
      seen.push(messages)
      const call = { id: `c${seen.length}`, name: 'note', args: HOSTILE, type: 'tool_call' as const }
      return { messages: [new AIMessage({ content: '', tool_calls: [call] })], notes: [HOSTILE] }
    })
    .addEdge(START, 'think')
    .addEdge('think', END)
    .compile()
  return { graph, seen }
}
