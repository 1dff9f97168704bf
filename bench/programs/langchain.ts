import { openSqlite, worker } from '../sides/langchain.ts'
import { textOf } from '../workload.ts'
import { printAnswer } from './answered.ts'

const { db, saver } = openSqlite(process.argv[2]!)
const agent = worker({ steps: 1 }, { checkpointer: saver })
const turn = { messages: [{ role: 'user', content: textOf('task 0') }] }
const { messages } = await agent.invoke(turn, { configurable: { thread_id: 'first' }, durability: 'sync' })
printAnswer(messages.at(-1)!.text)
db.close()
