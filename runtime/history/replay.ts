// A recorded branch is driven again, on a copy in memory, to see whether it still goes the same way: with the models that the
// agents have, which a replay model makes the recorded ones. Nothing has an effect: results of calls and decisions on asks come
// from the record, and are found by their ids, so the models have to give calls the same ids again.
import type { BaseMessage } from '@langchain/core/messages'
import { isToolMessage } from '@langchain/core/messages'
import { openMemory } from '../../checkpointers/memory/store.ts'
import type { Store } from '../../checkpointers/store.ts'
import type { Ask } from '../../state/asks.ts'
import type { Call } from '../../state/calls.ts'
import type { Decision } from '../../state/decisions.ts'
import { RuntimeError } from '../../state/errors.ts'
import { beginsTurn } from '../../state/messages.ts'
import type { Outcome } from '../../state/outcome.ts'
import type { ThreadRecord } from '../../state/threads.ts'
import type { ToolResult } from '../../state/tool-result.ts'
import type { Agent } from '../agent.ts'
import { subtreeOf } from '../snapshot.ts'
import type { TurnResult } from '../turns.ts'
import { type Divergence, firstDivergence } from './divergence.ts'
import { type ForkParts, fork } from './fork.ts'
import type { ListParts } from './list.ts'
import { markAt } from './places.ts'

export interface ReplayRequest {
  readonly threadId: string
  /** From where on; by default from the first checkpoint of the thread. */
  readonly checkpointId?: string
  /** With these models instead of the runtime's own agents: the same agents, by their names. */
  readonly agents?: readonly Agent[]
}

export interface ReplayReport {
  /** How many messages came as they were recorded. */
  readonly same: number
  /** Where it went another way first; undefined where it did not. */
  readonly divergence: Divergence | undefined
  /** How the last turn of the replay ended. */
  readonly outcome: Outcome
}

type Going = Promise<{ readonly result: Promise<TurnResult> }>

/** As much of a runtime as it takes. */
interface Drives {
  startTurn(request: { agent: string; input: string; threadId: string }): Promise<TurnResult>
  resume(threadId: string): Going
  openAsks(threadId: string): Promise<Ask[]>
  resolveInput(askId: string, decision: Decision): Going
  idle(threadId: string): Promise<void>
  close(): Promise<void>
}

export interface ReplayParts extends ForkParts {
  readonly agents: readonly Agent[]
  readonly holder: string
  runtimeOn(store: Store, agents: readonly Agent[]): Drives
}

/** @throws RuntimeError UNKNOWN_CHECKPOINT, BAD_STORE; BAD_WORKER where an agent's graph runs its tools itself */
export async function replay(from: ThreadRecord, request: ReplayRequest, parts: ReplayParts): Promise<ReplayReport> {
  const { journal, saver } = parts
  const mark = await markAt(from, request.checkpointId ?? (await firstOf(from, parts)), parts)
  const store = openMemory({ holder: parts.holder, key: undefined, cipher: undefined })
  await fork({ from, mark, as: from.threadId, accept: true }, { ...parts, to: store })
  const runtime = parts.runtimeOn(store, mutedAll(request.agents ?? parts.agents, parts))
  const outcome = await driven(from, { runtime, recorded: parts, begun: await turnsIn(from, store) })
  const threads = subtreeOf(from.threadId, await journal.threadsOf(from.rootThreadId))
  const compared = await firstDivergence(threads, {
    after: mark.place,
    recorded: { saver, journal },
    replayed: store,
    outcome
  })
  await runtime.close()
  return { ...compared, outcome }
}

async function firstOf({ threadId, rootThreadId }: ThreadRecord, { journal }: ReplayParts): Promise<string> {
  const [first] = await journal.checkpoints(rootThreadId, { threadId, first: 'oldest', limit: 1 })
  return first?.checkpointId ?? ''
}

/** Turn after turn, each to where the record has no more to say. */
async function driven(
  thread: ThreadRecord,
  { runtime, recorded, begun }: { runtime: Drives; recorded: ReplayParts; begun: number }
): Promise<Outcome> {
  const { threadId, agent } = thread
  const inputs = (await messagesOf(threadId, recorded)).filter(beginsTurn).map(({ text }) => text)
  let { outcome } = await (await runtime.resume(threadId)).result
  let turn = Math.max(begun, 1)
  while (true) {
    await runtime.idle(threadId)
    if (outcome.status === 'asking') {
      const next = await decided(threadId, { runtime, recorded })
      if (!next) return outcome
      outcome = next
    } else if (turn < inputs.length && outcome.status === 'completed')
      outcome = (await runtime.startTurn({ agent, input: inputs[turn++]!, threadId })).outcome
    else return outcome
  }
}

/** Gives the asks that wait the decisions that they were given; undefined where the record has none for any of them. */
async function decided(
  threadId: string,
  { runtime, recorded }: { runtime: Drives; recorded: ReplayParts }
): Promise<Outcome | undefined> {
  let outcome: Outcome | undefined
  for (const { id } of await runtime.openAsks(threadId)) {
    const record = await recorded.journal.ask(id)
    if (record?.status === 'decided') outcome = (await (await runtime.resolveInput(id, record.decision)).result).outcome
  }
  return outcome
}

async function turnsIn({ threadId }: ThreadRecord, store: Store): Promise<number> {
  return (await messagesOf(threadId, store)).filter(beginsTurn).length
}

async function messagesOf(threadId: string, { saver }: Pick<ListParts, 'saver'>): Promise<readonly BaseMessage[]> {
  const tuple = await saver.getTuple({ configurable: { thread_id: threadId } })
  return (tuple?.checkpoint.channel_values.messages ?? []) as BaseMessage[]
}

function mutedAll(agents: readonly Agent[], parts: ReplayParts): Agent[] {
  const known = new Map<Agent, Agent>()
  const muted = (agent: Agent): Agent => {
    const found = known.get(agent)
    if (found) return found
    const { context } = agent
    const fresh = { ...agent, delegates: agent.delegates.map(muted), context: context && silent(context, parts) }
    if (!fresh.context)
      throw new RuntimeError(
        'BAD_WORKER',
        `"${agent.charter.name}" is a graph that runs its tools itself: it cannot be replayed without effects`
      )
    known.set(agent, fresh as Agent)
    return fresh as Agent
  }
  return agents.map(muted)
}

/** The agent's own world, in which calls have the results that they had. */
function silent(context: NonNullable<Agent['context']>, parts: ReplayParts): NonNullable<Agent['context']> {
  return (portsOf) => {
    const made = context(portsOf)
    const { world } = made
    if (!world) return made
    return {
      ...made,
      world(config) {
        const real = world(config)
        return { ...real, tools: { ...real.tools, run: (call) => recordedResult(real.threadId, call, parts) } }
      }
    }
  }
}

async function recordedResult(threadId: string, { id, name }: Call, parts: ReplayParts): Promise<ToolResult> {
  const known = await parts.journal.call({ threadId, toolCallId: id })
  if (known?.status === 'finished') return known.result as ToolResult
  const messages = await messagesOf(threadId, parts)
  const result = messages.filter((message) => isToolMessage(message)).find(({ tool_call_id }) => tool_call_id === id)
  if (result) return { ok: true, output: result.text }
  return { ok: false, error: { code: 'REPLAY_MISS', message: `the record has no result of ${name} (${id})` } }
}
