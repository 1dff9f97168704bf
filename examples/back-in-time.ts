// Going back in the waiter's evening, offline: npx tsx examples/back-in-time.ts
import { agentRuntime, openStore, scripted } from '../index.ts'
import { waiter } from './waiter.ts'

const day = { day: 'Friday' }
const model = scripted((_messages, { turn }) => {
  if (turn === 0) return { calls: [{ name: 'free', args: day }] }
  return turn === 1 ? { calls: [{ name: 'book', args: day }] } : 'Friday at 8.'
})
const store = await openStore('memory:')
const runtime = agentRuntime({ store, agents: [waiter(model)] })
const approve = async (threadId: string) => {
  for (const { id } of await runtime.openAsks(threadId))
    await (await runtime.resolveInput(id, { kind: 'approve', scope: 'once' })).result
}
const { threadId } = await runtime.startTurn({ agent: 'waiter', input: 'A table on Friday, please.' })
await approve(threadId)

const history = await runtime.history(threadId)
for (const { step, nodes, next } of history.toReversed())
  console.log(step, nodes.join() || 'input', '→', next.join() || 'at rest')

const asking = history.find(({ next }) => next.includes('ask'))!
await runtime.label(asking, 'before the booking')
const { messages } = await runtime.diff({ mode: 'to-now', ...asking })
console.log(messages.added.map(({ role, content }) => `${role}: ${content}`))
console.log((await runtime.wouldRepeat(asking)).map(({ tool, path }) => `${path} would ${tool} again`))

const back = await runtime.rewind({ threadId, to: asking })
if (back.status !== 'rewound') throw new Error('somebody has changed files since')
await (await runtime.resume(back.thread.threadId)).result
for (const { tool, doneBefore } of await runtime.openAsks(back.thread.threadId))
  console.log(`asks to ${tool}`, doneBefore ? 'although it was done before' : '')
console.log((await runtime.branches(threadId)).map(({ replacedBy }) => (replacedBy ? 'left' : 'current')))
await store.close()
