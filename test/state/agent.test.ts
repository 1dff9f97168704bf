import type { BaseMessage } from '@langchain/core/messages'
import { ReducedValue, StateSchema } from '@langchain/langgraph'
import { assert, describe, expectTypeOf, it } from 'vitest'
import { z } from 'zod'
import { defineAgent } from '../../prebuilt/define-agent.ts'
import type { AgentState, agentFields } from '../../state/agent.ts'
import type { Ask } from '../../state/asks.ts'
import type { Decision } from '../../state/decisions.ts'
import type { AgentEvent, EventBody } from '../../state/events.ts'
import { type ReducedFields, requireReducers } from '../../state/parallel.ts'
import type { Task, TaskLedger } from '../../state/task-ledger.ts'
import type { Usage } from '../../state/usage.ts'
import { tool } from '../../tools/tool.ts'
import { playing } from '../support/script.ts'

describe('what an engineer reads from state', () => {
  it('is exactly typed', () => {
    expectTypeOf<AgentState['messages']>().toEqualTypeOf<BaseMessage[]>()
    expectTypeOf<AgentState['asked']>().toEqualTypeOf<Ask[]>()
    expectTypeOf<AgentState['ledger']>().toEqualTypeOf<TaskLedger>()
    expectTypeOf<AgentState['usage']>().toEqualTypeOf<Usage>()
    expectTypeOf<AgentState['viewFrom']>().toEqualTypeOf<string | undefined>()
  })

  it('is the same on a compiled agent', async () => {
    const { graph } = defineAgent({ name: 'agent', model: playing(() => 'hi') })
    const state = await graph.invoke({ messages: [{ role: 'user', content: 'x' }] })
    expectTypeOf(state.messages).toEqualTypeOf<BaseMessage[]>()
    expectTypeOf(state.usage.input).toEqualTypeOf<number>()
    assert.equal(state.usage.calls, 1)
  })

  it('carries with each status of a task exactly its own fields', () => {
    expectTypeOf<Extract<Task, { status: 'completed' }>>().toHaveProperty('result')
    expectTypeOf<Extract<Task, { status: 'running' }>>().not.toHaveProperty('result')
    expectTypeOf<Extract<Task, { status: 'asking' }>>().toHaveProperty('petitions')
    expectTypeOf<Extract<Task, { status: 'failed' }>['error']['code']>().not.toEqualTypeOf<string>()
  })

  it('carries with each decision and each event exactly its own fields', () => {
    expectTypeOf<Extract<Decision, { kind: 'edit' }>>().toHaveProperty('args')
    expectTypeOf<Extract<Decision, { kind: 'reject' }>>().not.toHaveProperty('args')
    expectTypeOf<AgentEvent['seq']>().toEqualTypeOf<number>()
    expectTypeOf<Extract<EventBody, { type: 'ask.opened' }>['ask']>().toEqualTypeOf<Ask>()
  })
})

describe('a field that parallel tasks may write', () => {
  const schema = new StateSchema({
    notes: new ReducedValue(
      z.array(z.string()).default(() => []),
      { reducer: (a, b) => [...a, ...b] }
    ),
    verdict: z.string().optional()
  })

  it('has a reducer, or is refused by name when the graph is built', () => {
    requireReducers(schema, { node: 'act', writes: ['notes'] })
    assert.throws(() => requireReducers(schema, { node: 'act', writes: ['verdict'] }), /the field "verdict"/)
    assert.throws(
      () => requireReducers(schema, { node: 'act', writes: ['nothing'] }),
      /"nothing", which the state does not have/
    )
  })

  it('is known to the compiler too', () => {
    expectTypeOf<ReducedFields<typeof agentFields>>().toEqualTypeOf<
      'messages' | 'ledger' | 'waits' | 'todos' | 'usage' | 'errors'
    >()
  })

  it('is refused on an agent whose tool would write it', () => {
    const nosy = tool({
      name: 'nosy',
      description: 'Writes where it may not.',
      effect: 'idempotent',
      writes: ['outcome'],
      args: z.object({}),
      run: async () => ({ output: '', update: { outcome: undefined } })
    })
    assert.throws(
      () => defineAgent({ name: 'agent', tools: [nosy], model: playing(() => 'hi') }),
      /UNREDUCED_FIELD|the field "outcome"/
    )
  })
})
