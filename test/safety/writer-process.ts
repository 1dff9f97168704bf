// A process that says things to threads which other processes speak to as well: on each thread so many messages, a few at a
// time, each with its own turn. It prints a line for every turn that it has the result of.
// node writer-process.js URL EFFECTS-FILE WRITING

import { once } from 'node:events'
import { appendFileSync } from 'node:fs'
import { openStore } from '../../checkpointers/open.ts'
import { agentRuntime } from '../../runtime/agent-runtime.ts'
import { type Said, speaker, type Writing } from './speaker.ts'

const [url, effectsFile, writingText] = process.argv.slice(2) as [string, string, string]
const { name, threadIds, each, atOnce, leaseMs } = JSON.parse(writingText) as Writing

const store = await openStore(url)
const agent = speaker((what) => appendFileSync(effectsFile, `${what}\n`))
const runtime = agentRuntime({ store, agents: [agent], leaseMs })
console.log(store.holder)
await once(process.stdin, 'data')

async function saidTo(threadId: string, at: number): Promise<void> {
  for (let nth = 0; nth < each; nth += atOnce) {
    const waiting: Promise<void>[] = []
    for (let one = nth; one < Math.min(nth + atOnce, each); one++) {
      const input = `${name}/${at}/${one}`
      const turn = await runtime.startStreamingTurn({ agent: 'speaker', input, threadId, whenBusy: 'queue' })
      waiting.push(turn.result.then(({ outcome }) => tell({ threadId, input, outcome })))
    }
    await Promise.all(waiting)
  }
}

function tell(said: Said): void {
  console.log(JSON.stringify(said))
}

await Promise.all(threadIds.map(saidTo))
await runtime.close()
await store.close()
process.exit()
