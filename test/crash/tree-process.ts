// A process that finds a store, finishes what is in it and says so; then starts a tree of its own and prints a line for each
// event of it, until it is killed. With `last` it starts nothing and ends.
// node tree-process.js URL EFFECTS-FILE SEED [last]
import { appendFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { openStore } from '../../checkpointers/open.ts'
import { agentRuntime } from '../../runtime/agent-runtime.ts'
import type { Ask } from '../../state/asks.ts'
import { decisionOn, tree, WORK } from './tree.ts'

const [url, effectsFile, seedText, last] = process.argv.slice(2) as [string, string, string, string?]
const seed = Number(seedText)
/** Short, so that the next process need not wait long for a dead one's trees. */
const LEASE_MS = 300

const store = await openStore(url)
const lead = tree({
  seed,
  async act(deed) {
    await sleep(1)
    appendFileSync(effectsFile, `${JSON.stringify(deed)}\n`)
    await sleep(1)
  }
})
const runtime = agentRuntime({ store, agents: [lead], leaseMs: LEASE_MS })

async function answered(ask: Ask): Promise<void> {
  const turn = await runtime.resolveInput(ask.id, decisionOn(ask, seed))
  await turn.result
}

// What a dead process drove can be had when its lease is over.
while ((await store.journal.unfinished()).length > 0) {
  for (const turn of await runtime.recover()) await turn.result
  await sleep(LEASE_MS / 6)
}
for (const ask of await runtime.openAsks()) await answered(ask)
console.log('recovered')

if (last) {
  await runtime.close()
  await store.close()
} else {
  const turn = await runtime.startStreamingTurn({ agent: 'lead', input: WORK })
  const answers: Promise<void>[] = []
  for await (const event of turn) {
    console.log(event.type)
    if (event.type === 'ask.opened') answers.push(answered(event.ask))
  }
  await Promise.all(answers)
  console.log('at its end')
  setInterval(() => {}, 1000)
}
