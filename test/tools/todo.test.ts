import { assert, it } from 'vitest'
import { openStore } from '../../checkpointers/open.ts'
import { defineAgent } from '../../prebuilt/define-agent.ts'
import { agentRuntime } from '../../runtime/agent-runtime.ts'
import type { AgentState } from '../../state/agent.ts'
import { allow } from '../../state/remit.ts'
import { todo } from '../../tools/todo.ts'
import { playing } from '../support/script.ts'

it('todo keeps the plan in the state, where later lines take the place of earlier ones', async () => {
  const line = (id: string, status: string) => ({ id, text: `do ${id}`, status })
  const moves = [
    [{ name: 'todo', args: { todos: [line('a', 'doing'), line('b', 'open')] } }],
    [
      { name: 'todo', args: { todos: [line('a', 'done')] } },
      { name: 'todo', args: { todos: [line('c', 'open')] } }
    ]
  ]
  const agent = defineAgent({ name: 'agent', tools: [todo], remit: [allow('todo')], model: playing(moves) })
  const runtime = agentRuntime({ store: await openStore('memory:'), agents: [agent] })
  const { threadId } = await runtime.startTurn({ agent: 'agent', input: 'go' })
  const { todos } = (await runtime.getSnapshot(threadId)).values as unknown as AgentState
  assert.deepEqual(
    todos.map(({ id, status }) => `${id} ${status}`),
    ['a done', 'b open', 'c open']
  )
})
