// A process that reads a tree which another one drives. It says `ready`, waits for a tree to appear, says `connected` at its
// first event, and at the end tells what it read: over broken connections, and once more when all was over.
// node reader-process.js URL SEED
import { setTimeout as sleep } from 'node:timers/promises'
import { openStore } from '../../checkpointers/open.ts'
import { agentRuntime } from '../../runtime/agent-runtime.ts'
import { argsHash } from '../../tools/args-hash.ts'
import { collected } from '../support/collected.ts'
import { readInPieces } from './disconnected.ts'

const [url, seed] = process.argv.slice(2)
const store = await openStore(url!)
const runtime = agentRuntime({ store, agents: [] })
console.log('ready')

const threadId = await firstTree()
let first = true
const connected = () => {
  if (first) console.log('connected')
  first = false
}
const { log, disconnects } = await readInPieces(runtime, { threadId, seed: Number(seed), connected })
const late = await collected(runtime.events(threadId))
console.log(JSON.stringify({ disconnects, hash: argsHash(log), late: argsHash(late) }))
await store.close()

async function firstTree(): Promise<string> {
  while (true) {
    const [root] = await runtime.threads({ limit: 1 })
    if (root) return root.threadId
    await sleep(20)
  }
}
