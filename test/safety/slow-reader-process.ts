// A process that drives an agent which tells of its progress at great length, and reads the events of its turn: `prompt` as
// they come, or `slow`: one, and then none until the turn is over. Tells how much memory it held at most beyond what it had
// before the turn, and whether what was read is what the journal has.
// node --expose-gc slow-reader-process.js URL prompt|slow
import { createHash } from 'node:crypto'
import { setImmediate as turnOfTheLoop } from 'node:timers/promises'
import { z } from 'zod'
import { openStore } from '../../checkpointers/open.ts'
import { defineAgent } from '../../prebuilt/define-agent.ts'
import { agentRuntime } from '../../runtime/agent-runtime.ts'
import { type AgentEvent, passes } from '../../state/events.ts'
import { allow } from '../../state/remit.ts'
import { argsHash } from '../../tools/args-hash.ts'
import { tool } from '../../tools/tool.ts'
import { playing } from '../support/script.ts'

const TIMES = 840
const SIZE = 256 * 1024
const BETWEEN_LOOKS = 60

const [url, how] = process.argv.slice(2)
let before = 0
let most = 0

const pour = tool({
  name: 'pour',
  description: 'Tells of its progress at great length.',
  effect: 'read',
  args: z.object({}),
  async run(_args, { progress }) {
    for (let time = 0; time < TIMES; time++) {
      progress(`${time} `.padEnd(SIZE, '.'))
      await turnOfTheLoop()
      if (time % BETWEEN_LOOKS === 0) look()
    }
    return 'poured'
  }
})

const store = await openStore(url!)
const agent = defineAgent({
  name: 'agent',
  tools: [pour],
  remit: [allow('pour')],
  model: playing([[{ name: 'pour', args: {} }], 'done'])
})
const runtime = agentRuntime({ store, agents: [agent] })
before = inUse()
const turn = await runtime.startStreamingTurn({ agent: 'agent', input: 'go' })
const reading = how === 'slow' ? slowly() : digested(turn)
const { outcome } = await turn.result
look()
const journal = await digested(runtime.events(turn.threadId))
console.log(JSON.stringify({ outcome: outcome.status, held: most - before, read: await reading, journal }))
await store.close()

async function slowly() {
  const [first] = await firstOf(turn)
  await turn.result
  look()
  return digested(turn, first)
}

async function firstOf(events: AsyncIterable<AgentEvent>): Promise<AgentEvent[]> {
  for await (const event of events) return [event]
  return []
}

/** Of the kept events: how many, how long, and their hash. */
async function digested(events: AsyncIterable<AgentEvent>, ...before: (AgentEvent | undefined)[]) {
  const hash = createHash('sha256')
  let count = 0
  let length = 0
  const add = (event: AgentEvent | undefined) => {
    if (!event || passes(event)) return
    hash.update(argsHash(event))
    if (++count % BETWEEN_LOOKS === 0) look()
    if (event.type === 'tool.progress') length += event.text.length
  }
  for (const event of before) add(event)
  for await (const event of events) add(event)
  return { count, length, hash: hash.digest('hex') }
}

function look(): void {
  most = Math.max(most, inUse())
}

function inUse(): number {
  gc!()
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}
