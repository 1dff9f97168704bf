import { END, interrupt, MessagesAnnotation, START, StateGraph } from '@langchain/langgraph'
import { assert, describe, it } from 'vitest'
import { openStore } from '../../checkpointers/open.ts'
import { worker } from '../../prebuilt/worker.ts'
import { agentRuntime } from '../../runtime/agent-runtime.ts'
import { Ask } from '../../state/asks.ts'
import { refused } from '../support/refused.ts'

describe('an ask of a worker', () => {
  async function asked() {
    const graph = new StateGraph(MessagesAnnotation)
      .addNode('wait', () => ({ messages: [interrupt<string, string>('which one?')] }))
      .addEdge(START, 'wait')
      .addEdge('wait', END)
      .compile()
    const runtime = agentRuntime({ store: await openStore('memory:'), agents: [worker({ name: 'worker', graph })] })
    const { threadId } = await runtime.startTurn({ agent: 'worker', input: 'go' })
    const open = await runtime.openAsks(threadId)
    return { runtime, open, ask: open[0]! }
  }

  it('has the fields of an ask, and no others', async () => {
    const { ask } = await asked()
    const { doneBefore: _onBranchesAlone, untrusted: _ofCallsAlone, ...fields } = Ask.shape
    assert.hasAllKeys(ask, Object.keys(fields))
  })

  it('is not approved for longer than once, since no grant would be looked up', async () => {
    const { runtime, open, ask } = await asked()
    await refused(() => runtime.resolveInput(ask.id, { kind: 'approve', scope: 'session' }), 'BAD_DECISION')
    assert.deepEqual(await runtime.openAsks(), open)
  })
})
