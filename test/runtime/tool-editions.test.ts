// Tools that come and go while an agent works with them.
import { isToolMessage } from '@langchain/core/messages'
import { assert, describe, it } from 'vitest'
import { z } from 'zod'
import { openStore } from '../../checkpointers/open.ts'
import { defineAgent } from '../../prebuilt/define-agent.ts'
import { agentRuntime } from '../../runtime/agent-runtime.ts'
import type { AgentState } from '../../state/agent.ts'
import { allow, ask, type Rule } from '../../state/remit.ts'
import { toolLayers } from '../../tools/layers.ts'
import { tool } from '../../tools/tool.ts'
import { type Move, playing } from '../support/script.ts'

const approve = { kind: 'approve', scope: 'once' } as const

/** `weather` as one server has it and as another: with other arguments. */
const old = tool({
  name: 'weather',
  description: 'The weather of a city.',
  effect: 'read',
  args: z.object({ city: z.string() }),
  run: async ({ city }) => `old: ${city}`
})
const renewed = tool({
  name: 'weather',
  description: 'The weather of a place.',
  effect: 'read',
  args: z.object({ place: z.string() }),
  run: async ({ place }) => `new: ${place}`
})

async function working(rule: Rule, moves: (results: readonly string[], reload: () => void) => Move) {
  const layers = toolLayers()
  let go = layers.add([old])
  const reload = () => {
    go()
    go = layers.add([renewed])
  }
  const agent = defineAgent({
    name: 'agent',
    tools: layers,
    remit: [rule],
    model: playing((_task, results) => moves(results, reload))
  })
  const store = await openStore('memory:')
  const runtime = agentRuntime({ store, agents: [agent] })
  const resultsOf = async (threadId: string) => {
    const { messages } = (await runtime.getSnapshot(threadId)).values as unknown as AgentState
    return messages.filter(isToolMessage).map(({ text }) => text)
  }
  return { runtime, store, agent, reload, resultsOf }
}

describe('a call', () => {
  it('is judged and run by the tools that its request showed, and the next request shows the new ones', async () => {
    const { runtime, resultsOf } = await working(allow('*'), (results, reload) => {
      if (results.length === 0) reload()
      if (results.length > 1) return 'done'
      return [{ name: 'weather', args: results.length === 0 ? { city: 'Rome' } : { place: 'Rome' } }]
    })
    const { threadId, outcome } = await runtime.startTurn({ agent: 'agent', input: 'go' })
    assert.equal(outcome.status, 'completed')
    assert.deepEqual(await resultsOf(threadId), ['old: Rome', 'new: Rome'])
  })

  it('is that also when it waited for a permission meanwhile', async () => {
    const { runtime, reload, resultsOf } = await working(ask('weather'), (results) =>
      results.length > 0 ? 'done' : [{ name: 'weather', args: { city: 'Rome' } }]
    )
    const { threadId } = await runtime.startTurn({ agent: 'agent', input: 'go' })
    reload()
    const [asked] = await runtime.openAsks(threadId)
    const { result } = await runtime.resolveInput(asked!.id, approve)
    assert.equal((await result).outcome.status, 'completed')
    assert.deepEqual(await resultsOf(threadId), ['old: Rome'])
  })

  it('is refused by what stands now where nobody remembers what its request showed', async () => {
    const first = await working(ask('weather'), () => [{ name: 'weather', args: { city: 'Rome' } }])
    const { threadId } = await first.runtime.startTurn({ agent: 'agent', input: 'go' })
    await first.runtime.close()
    const agent = defineAgent({
      name: 'agent',
      tools: toolLayers([renewed]),
      remit: [ask('weather')],
      model: playing((_task, results) => results[0] ?? 'nothing')
    })
    const runtime = agentRuntime({ store: first.store, agents: [agent] })
    const [asked] = await runtime.openAsks(threadId)
    const { result } = await runtime.resolveInput(asked!.id, { kind: 'edit', args: { place: 'Rome' } })
    assert.deepEqual((await result).outcome, { status: 'completed', text: 'new: Rome' })
  })
})
