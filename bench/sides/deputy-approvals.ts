import type { BaseMessage } from '@langchain/core/messages'
import { Command, MemorySaver } from '@langchain/langgraph'
import { z } from 'zod'
import { openStore } from '../../checkpointers/open.ts'
import { scripted } from '../../models/scripted.ts'
import { defineAgent } from '../../prebuilt/define-agent.ts'
import { type AgentRuntime, agentRuntime, type Turn } from '../../runtime/agent-runtime.ts'
import type { Waiting } from '../../state/asks.ts'
import { messageOf } from '../../state/errors.ts'
import { ask } from '../../state/remit.ts'
import { type Tool, tool } from '../../tools/tool.ts'
import { type Approvals, calling, REJECTION, resultsIn, type Seen } from '../approvals.ts'

export const approvals: Approvals = {
  async bareYes() {
    return [await bareYesWith('yes'), await bareYesWith(APPROVE)]
  },

  async doubleClick() {
    const { ran, clients, threadId, askIds } = await askingFor(['pay'])
    const turns = await Promise.allSettled(clients.map((client) => client.resolveInput(askIds.pay!, APPROVE)))
    for (const turn of turns) if (turn.status === 'fulfilled') await turn.value.result
    const refusals = turns.flatMap((turn) => (turn.status === 'rejected' ? [turn.reason.code] : []))
    return [{ setup: RUNTIME, ran, open: await openIn(clients[0], threadId), said: refusals.join() }]
  },

  async recovery() {
    return [await recoveredByRuntime(), await recoveredByGraph()]
  },

  async message() {
    const { ran, clients, threadId, askIds } = await askingFor(['pay'])
    const [client] = clients
    const said = await client.startTurn({ agent: 'agent', input: 'how long?', threadId }).then(
      () => 'the message was taken',
      (refusal) => refusal.code
    )
    const open = await openIn(client, threadId)
    await ended(client.resolveInput(askIds.pay!, APPROVE))
    return [{ setup: RUNTIME, ran, open, said }]
  },

  async mixed() {
    const { ran, clients, threadId, askIds } = await askingFor(['archive', 'erase'])
    const [client] = clients
    await ended(client.resolveInput(askIds.archive!, APPROVE))
    await ended(client.resolveInput(askIds.erase!, { kind: 'reject', reason: REJECTION }))
    const { values } = await client.getSnapshot(threadId)
    const results = resultsIn(values.messages as BaseMessage[])
    return [{ setup: RUNTIME, ran, open: await openIn(client, threadId), results }]
  }
}

const APPROVE = { kind: 'approve', scope: 'once' } as const
const RUNTIME = 'agentRuntime'
const ON = { configurable: { thread_id: '7d0d6b2c-5f4e-4b43-8f0a-3a1f1b6f2f10' } }
const GO = { messages: [{ role: 'user', content: 'go' }] }

/** One agent that calls these tools, a step after the other, and waits for the first; two clients look at it. */
async function askingFor(...steps: readonly (readonly string[])[]) {
  const ran: string[] = []
  const agent = () => agentFor(steps, ran)
  const store = await openStore('memory:')
  const client = () => agentRuntime({ store, agents: [agent()] })
  const clients = [client(), client()] as const
  const { threadId } = await clients[0].startTurn({ agent: 'agent', input: 'go' })
  const asks = await clients[0].openAsks(threadId)
  const askIds: Record<string, string> = Object.fromEntries(asks.map(({ tool, id }) => [tool, id]))
  return { ran, store, clients, threadId, askIds }
}

function agentFor(steps: readonly (readonly string[])[], ran: string[], name = 'agent') {
  const tools = steps.flat().map((each) => gated(each, ran))
  return defineAgent({ name, tools, remit: tools.map((each) => ask(each.name)), model: calling(...steps) })
}

function gated(name: string, ran: string[]): Tool {
  const run = async () => `${name} is done, as effect ${ran.push(name)}`
  return tool({ name, description: name, effect: 'once', args: z.object({}), run })
}

/** The bare answer goes to the compiled graph, which is where LangGraph takes one. */
async function bareYesWith(resume: unknown): Promise<Seen> {
  const ran: string[] = []
  const names = ['delete_database', 'write_log']
  const calls = names.map((name) => ({ name: 'delegate', args: { agent: name, task: 'go' } }))
  const { graph } = defineAgent({
    name: 'lead',
    delegates: names.map((name) => agentFor([[name]], ran, name)),
    remit: names.map((name) => ask(name)),
    model: scripted((_messages, { turn }) => (turn === 0 ? { calls } : 'done'))
  })
  graph.checkpointer = new MemorySaver()
  await graph.invoke(GO, ON)
  const said = await graph.invoke(new Command({ resume }), ON).then(() => undefined, messageOf)
  const setup = `resume: ${JSON.stringify(resume)} to the graph of a lead with two workers`
  return { setup, ran, open: (await asksOf(graph)).length, ...(said !== undefined && { said }) }
}

async function recoveredByRuntime(): Promise<Seen> {
  const { ran, store, clients, threadId, askIds } = await askingFor(['build'], ['release'])
  const [one, other] = clients
  await ended(one.resolveInput(askIds.build!, APPROVE))
  await ended(other.resume(threadId))
  await store.journal.setThreadStatus(threadId, 'running', Date.now()) // as a process leaves it that dies
  for (const turn of await other.recover()) await turn.result
  return { setup: `${RUNTIME}, resume() and recover()`, ran, open: await openIn(one, threadId) }
}

async function recoveredByGraph(): Promise<Seen> {
  const ran: string[] = []
  const { graph } = agentFor([['build'], ['release']], ran)
  graph.checkpointer = new MemorySaver()
  await graph.invoke(GO, ON)
  await graph.invoke(new Command({ resume: APPROVE }), ON)
  await graph.invoke(null, ON)
  return { setup: 'the graph, invoke(null)', ran, open: (await asksOf(graph)).length }
}

type Graph = ReturnType<typeof defineAgent>['graph']

async function asksOf(graph: Graph): Promise<Waiting['asks']> {
  const { tasks } = await graph.getState(ON)
  return tasks.flatMap(({ interrupts }) => interrupts.flatMap(({ value }) => (value as Waiting).asks))
}

async function openIn(client: AgentRuntime, threadId: string): Promise<number> {
  return (await client.openAsks(threadId)).length
}

async function ended(turn: Promise<Turn>): Promise<void> {
  await (await turn).result
}
