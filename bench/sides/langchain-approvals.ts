import { Command, type Interrupt, interrupt, MemorySaver } from '@langchain/langgraph'
import { type AgentMiddleware, createAgent, humanInTheLoopMiddleware, tool } from 'langchain'
import { z } from 'zod'
import { scripted } from '../../models/scripted.ts'
import { messageOf } from '../../state/errors.ts'
import { type Approvals, calling, REJECTION, resultsIn, type Seen } from '../approvals.ts'

export const approvals: Approvals = {
  bareYes: () => inBothWays(bareYes),
  doubleClick: () => inBothWays(doubleClick),
  recovery: async () => [
    await askedTwiceInOneTool({ byId: false }),
    await askedTwiceInOneTool({ byId: true }),
    ...(await inBothWays(askedInTwoSteps))
  ],
  message: () => inBothWays(message),
  mixed: () => inBothWays(mixed)
}

/** The two ways to put a call of `createAgent` before a person. */
type Way = 'interrupt() in the tools' | 'humanInTheLoopMiddleware'

async function inBothWays(scenario: (way: Way) => Promise<Seen>): Promise<Seen[]> {
  return [await scenario('interrupt() in the tools'), await scenario('humanInTheLoopMiddleware')]
}

const ON = { configurable: { thread_id: 'thread' } }
const GO = { messages: [{ role: 'user', content: 'go' }] }

async function bareYes(way: Way): Promise<Seen> {
  const ran: string[] = []
  const names = ['delete_database', 'write_log']
  const task = tool(
    async ({ name }, config) => {
      const { messages } = await agentFor([[name]], { way, ran }).invoke(GO, config)
      return messages.at(-1)!.text
    },
    { name: 'task', description: 'Hands a task to another agent', schema: z.object({ name: z.string() }) }
  )
  const calls = names.map((name) => ({ name: 'task', args: { name } }))
  const model = scripted((_messages, { turn }) => (turn === 0 ? { calls } : 'done'))
  const agent = createAgent({ model, tools: [task], checkpointer: new MemorySaver() })
  await agent.invoke(GO, ON)
  const said = await agent.invoke(new Command({ resume: yes(way) }), ON).then(() => undefined, messageOf)
  const setup = `${way} of two subagents`
  return { setup, ran, open: await openIn(agent), ...(said !== undefined && { said }) }
}

async function doubleClick(way: Way): Promise<Seen> {
  const { ran, clients, asks } = await askingFor(way, ['pay'])
  const resume = { [asks[0]!.id!]: yes(way) }
  const answers = await Promise.allSettled(clients.map((client) => client.invoke(new Command({ resume }), ON)))
  const taken = answers.filter(({ status }) => status === 'fulfilled').length
  return { setup: way, ran, open: await openIn(clients[0]), said: `${taken} of 2 answers taken` }
}

/** An interrupt may stand anywhere in a tool, also twice. */
async function askedTwiceInOneTool({ byId }: { byId: boolean }): Promise<Seen> {
  const ran: string[] = []
  const deploy = tool(
    async () => {
      if (interrupt('build?') === 'yes' && interrupt('release?') === 'yes') ran.push('release')
      return 'deployed'
    },
    { name: 'deploy', description: 'Builds and releases', schema: z.object({}) }
  )
  const agent = createAgent({ model: calling(['deploy']), tools: [deploy], checkpointer: new MemorySaver() })
  await agent.invoke(GO, ON)
  const [build] = await asksOf(agent)
  await agent.invoke(new Command({ resume: byId ? { [build!.id!]: 'yes' } : 'yes' }), ON)
  await agent.graph.invoke(null, ON)
  const setup = `interrupt() twice in a tool, answered ${byId ? 'by id' : 'with a bare "yes"'}`
  return { setup, ran, open: await openIn(agent) }
}

async function askedInTwoSteps(way: Way): Promise<Seen> {
  const { ran, clients } = await askingFor(way, ['build'], ['release'])
  const [one, other] = clients
  await one.invoke(new Command({ resume: yes(way) }), ON)
  await other.graph.invoke(null, ON)
  return { setup: `${way}, one ask in each of two steps`, ran, open: await openIn(one) }
}

async function message(way: Way): Promise<Seen> {
  const { ran, clients, asks } = await askingFor(way, ['pay'])
  const [client] = clients
  await client.invoke({ messages: [{ role: 'user', content: 'how long?' }] }, ON)
  const open = await openIn(client)
  const resume = { [asks[0]!.id!]: yes(way) }
  const { messages } = await client.invoke(new Command({ resume }), ON)
  return { setup: way, ran, open, results: resultsIn(messages), said: 'the late approval was taken' }
}

async function mixed(way: Way): Promise<Seen> {
  const { ran, clients, asks } = await askingFor(way, ['archive', 'erase'])
  const [client] = clients
  const resume =
    way === 'humanInTheLoopMiddleware'
      ? { decisions: [{ type: 'approve' }, { type: 'reject', message: REJECTION }] }
      : Object.fromEntries(asks.map(({ id, value }) => [id, value === 'archive' ? 'yes' : REJECTION]))
  const { messages } = await client.invoke(new Command({ resume }), ON)
  return { setup: way, ran, open: await openIn(client), results: resultsIn(messages) }
}

/** One agent that calls these tools, a step after the other, and waits for the first; two clients look at it. */
async function askingFor(way: Way, ...steps: readonly (readonly string[])[]) {
  const ran: string[] = []
  const checkpointer = new MemorySaver()
  const clients = [agentFor(steps, { way, ran, checkpointer }), agentFor(steps, { way, ran, checkpointer })] as const
  await clients[0].invoke(GO, ON)
  return { ran, clients, asks: await asksOf(clients[0]) }
}

interface Gating {
  readonly way: Way
  readonly ran: string[]
  readonly checkpointer?: MemorySaver
}

function agentFor(steps: readonly (readonly string[])[], { way, ran, ...on }: Gating) {
  const names = steps.flat()
  const tools = names.map((name) => gated(name, { way, ran }))
  const middleware = way === 'humanInTheLoopMiddleware' ? [reviewOf(names)] : []
  return createAgent({ model: calling(...steps), tools, middleware, ...on })
}

/** Its types do not hold under `exactOptionalPropertyTypes`. */
function reviewOf(names: readonly string[]): AgentMiddleware {
  const interruptOn = Object.fromEntries(names.map((name) => [name, true]))
  return humanInTheLoopMiddleware({ interruptOn } as never) as unknown as AgentMiddleware
}

function gated(name: string, { way, ran }: Gating) {
  return tool(
    async () => {
      const answer = way === 'interrupt() in the tools' ? interrupt(name) : 'yes'
      if (answer !== 'yes') return `rejected: ${answer}`
      return `${name} is done, as effect ${ran.push(name)}`
    },
    { name, description: name, schema: z.object({}) }
  )
}

/** What a person sends who approves the one thing that is asked. */
function yes(way: Way): unknown {
  return way === 'humanInTheLoopMiddleware' ? { decisions: [{ type: 'approve' }] } : 'yes'
}

type PeerAgent = { graph: { getState(config: typeof ON): Promise<{ tasks: readonly { interrupts: Interrupt[] }[] }> } }

async function asksOf({ graph }: PeerAgent): Promise<Interrupt[]> {
  const { tasks } = await graph.getState(ON)
  return tasks.flatMap(({ interrupts }) => interrupts)
}

async function openIn(agent: PeerAgent): Promise<number> {
  return (await asksOf(agent)).length
}
