// One thread that grows turn by turn, as each side keeps it. The graph has one node: user -> answer.
import assert from 'node:assert/strict'
import { AIMessage, type BaseMessage } from '@langchain/core/messages'
import {
  type BaseCheckpointSaver,
  END,
  MessagesAnnotation,
  MessagesDeltaValue,
  START,
  StateGraph,
  StateSchema
} from '@langchain/langgraph'
import { createAgent } from 'langchain'
import { answerTo, textOf, workerModel } from '../workload.ts'
import { openDeputy, openOfficial } from './kept.ts'

/** A graph on a saver. */
export type ThreadSide = 'deputy' | 'official' | 'delta' | 'createAgent' | 'createAgent on deputy'

export interface LongThread {
  turn(): Promise<void>
  /** The id of the last checkpoint. */
  checkpointId(): Promise<string>
  /** Reads the whole state, of the last checkpoint or of one. */
  state(checkpointId?: string): Promise<void>
  /** Reads the newest checkpoints. */
  history(limit: number): Promise<void>
  /** Branches off at a checkpoint, and drives a turn from there. */
  fork(checkpointId: string): Promise<void>
  /** Of all that is kept. */
  bytes(): Promise<number>
  close(): Promise<void>
}

/** Opens the thread of a side, as far as it is there. */
export async function longThread(
  side: ThreadSide,
  { url, turns }: { url: string; turns: number }
): Promise<LongThread> {
  const kept = await (side.endsWith('deputy') ? openDeputy : openOfficial)(url)
  const graph = graphOf(side, kept.saver)
  const thread = { configurable: { thread_id: 'long' } }
  let done = turns

  async function turnOn(config: object, number: number): Promise<BaseMessage[]> {
    const { messages } = await graph.invoke(inputOf(number), { ...config, durability: 'sync' })
    return messages
  }

  const at = (checkpointId?: string) =>
    checkpointId === undefined
      ? thread
      : { configurable: { ...thread.configurable, checkpoint_ns: '', checkpoint_id: checkpointId } }

  return {
    async turn() {
      checkEnd(await turnOn(thread, done), done)
      done++
    },
    async checkpointId() {
      const tuple = await kept.saver.getTuple(thread)
      return tuple!.checkpoint.id
    },
    async state(checkpointId) {
      const { values } = await graph.getState(at(checkpointId))
      assert.ok(values.messages.length >= 2)
    },
    async history(limit) {
      const seen = []
      for await (const each of graph.getStateHistory(thread, { limit })) seen.push(each.values.messages?.length)
      assert.equal(seen.length, limit)
    },
    async fork(checkpointId) {
      checkEnd(await turnOn(at(checkpointId), done), done)
    },
    bytes: kept.bytes,
    close: kept.close
  }
}

/** As much of a graph as a thread needs; LangGraph types each by its own state. */
interface ThreadGraph {
  invoke(input: object, config: object): Promise<{ messages: BaseMessage[] }>
  getState(config: object): Promise<{ values: { messages: BaseMessage[] } }>
  getStateHistory(config: object, options: { limit: number }): AsyncIterable<{ values: { messages?: BaseMessage[] } }>
}

function graphOf(side: ThreadSide, checkpointer: BaseCheckpointSaver): ThreadGraph {
  if (side.startsWith('createAgent'))
    return createAgent({ model: workerModel({ steps: 0 }), tools: [], checkpointer }) as never
  const state = side === 'delta' ? new StateSchema({ messages: MessagesDeltaValue }) : MessagesAnnotation
  const answering = ({ messages }: { messages: BaseMessage[] }) => ({
    messages: [new AIMessage({ content: answerTo(messages.at(-1)!.text) })]
  })
  return new StateGraph(state as typeof MessagesAnnotation)
    .addNode('answer', answering)
    .addEdge(START, 'answer')
    .addEdge('answer', END)
    .compile({ checkpointer }) as never
}

function inputOf(number: number) {
  return { messages: [{ role: 'user', content: textOf(`task ${number}`) }] }
}

/** The model of `createAgent` answers the first message of a thread, the node the last one. */
function checkEnd(messages: readonly BaseMessage[], number: number): void {
  assert.equal(messages.at(-2)!.text, textOf(`task ${number}`))
  assert.match(messages.at(-1)!.text, /^answer to task \d+ \| /)
}
