// The waiter at work, offline: npx tsx examples/evening.ts
import { agentRuntime, openStore, scripted } from '../index.ts'
import { waiter } from './waiter.ts'

const day = { day: 'Friday' }
const model = scripted([
  { calls: [{ name: 'free', args: day }] },
  { calls: [{ name: 'book', args: day }] },
  'Friday at 8.'
])
const store = await openStore('memory:')
const runtime = agentRuntime({ store, agents: [waiter(model)] })

const turn = await runtime.startTurn({ agent: 'waiter', input: 'A table on Friday, please.' })
for (const { id, path, tool, args } of await runtime.openAsks(turn.threadId)) {
  console.log(`${path} asks to ${tool}`, args)
  const { result } = await runtime.resolveInput(id, { kind: 'approve', scope: 'once' })
  console.log((await result).outcome)
}
await store.close()
