import { END, interrupt, MessagesAnnotation, START, StateGraph } from '@langchain/langgraph'
import { assert, it } from 'vitest'
import { openStore } from '../../checkpointers/open.ts'
import { worker } from '../../prebuilt/worker.ts'
import { agentRuntime } from '../../runtime/agent-runtime.ts'
import { Ask } from '../../state/asks.ts'

it('an ask of a worker has the fields of an ask, and no others', async () => {
  const graph = new StateGraph(MessagesAnnotation)
    .addNode('wait', () => ({ messages: [interrupt<string, string>('which one?')] }))
    .addEdge(START, 'wait')
    .addEdge('wait', END)
    .compile()
  const runtime = agentRuntime({ store: await openStore('memory:'), agents: [worker({ name: 'worker', graph })] })
  const { threadId } = await runtime.startTurn({ agent: 'worker', input: 'go' })
  const [asked] = await runtime.openAsks(threadId)
  assert.hasAllKeys(asked, Object.keys(Ask.shape))
})
