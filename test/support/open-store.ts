// A process of its own: says that it is ready, waits for the starting signal, opens a store, opens one ask in it, tells
// whether it was new, and ends. node open-store.js URL
import { once } from 'node:events'
import { openStore } from '../../checkpointers/open.ts'
import { anAsk } from './records.ts'

console.log('ready')
await once(process.stdin, 'data')
const store = await openStore(process.argv[2]!)
const isNew = await store.journal.openAsk({ ask: anAsk('a'), rootThreadId: 'root', at: 1 })
await store.close()
console.log(isNew ? 'new' : 'known')
process.exit()
