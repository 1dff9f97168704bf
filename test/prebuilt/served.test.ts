import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'
import { type BaseCheckpointSaver, Command, MemorySaver } from '@langchain/langgraph'
import { describe, it } from 'vitest'
import { z } from 'zod'
import { type Reply, scripted } from '../../models/scripted.ts'
import { defineAgent } from '../../prebuilt/define-agent.ts'
import type { Waiting } from '../../state/asks.ts'
import type { Policy } from '../../state/policy.ts'
import { allow, ask, deny } from '../../state/remit.ts'
import { defineHook } from '../../tools/hooks/define-hook.ts'
import { type Tool, tool } from '../../tools/tool.ts'

const config = { configurable: { thread_id: '9d7a0c56-6d0e-4c53-9e0a-2f3f0a1c5b11' } }
const input = { messages: [{ role: 'user', content: 'go' }] }

/** A model that makes one call and then repeats its result. */
const once = (call: Reply) =>
  scripted((messages) => (messages.at(-1)!.getType() === 'tool' ? messages.at(-1)!.text : call))

/** A tool that says how often it has acted. */
function counted() {
  let acted = 0
  const run = async () => `acted ${++acted}`
  const hand = tool({ name: 'hand', description: 'acts', effect: 'once', args: z.object({}), run })
  return { hand, acts: () => acted }
}

const delegating = (agent: string) => once({ calls: [{ name: 'delegate', args: { agent, task: 'go' } }] })

/** Three levels, as another process would make them anew, on a checkpointer that is lent to the uppermost graph. */
function served(hand: Tool, { saver, mayAct }: { saver: BaseCheckpointSaver; mayAct: boolean }) {
  const remit = [mayAct ? allow(hand.name) : ask(hand.name)]
  const low = defineAgent({
    name: 'low',
    model: once({ calls: [{ name: hand.name, args: {} }] }),
    tools: [hand],
    remit
  })
  const middle = defineAgent({ name: 'middle', model: delegating('low'), delegates: [low], remit })
  const { graph } = defineAgent({ name: 'top', model: delegating('middle'), delegates: [middle], remit })
  graph.checkpointer = saver
  return graph
}

describe('a graph that somebody else drives', () => {
  it('finds all levels below it again in another process, and each acts once', async () => {
    const { hand, acts } = counted()
    const saver = new MemorySaver()
    await served(hand, { saver, mayAct: false }).invoke(input, config)

    const later = served(hand, { saver, mayAct: false })
    const { tasks } = await later.getState(config)
    const [asked] = tasks.flatMap(({ interrupts }) => interrupts.flatMap(({ value }) => (value as Waiting).asks))
    assert.equal(asked?.path, 'top/middle/low')
    const values = await later.invoke(
      new Command({ resume: { [asked.id]: { kind: 'approve', scope: 'once' } } }),
      config
    )
    assert.deepEqual(values.outcome, { status: 'completed', text: 'acted 1' })
    assert.equal(acts(), 1)
  })

  it('knows what was granted for as long as its process', async () => {
    const { hand, acts } = counted()
    const saver = new MemorySaver()
    const served = () => {
      const { graph } = defineAgent({
        name: 'agent',
        model: once({ calls: [{ name: 'hand', args: {} }] }),
        tools: [hand]
      })
      graph.checkpointer = saver
      return graph
    }
    const graph = served()
    await graph.invoke(input, config)
    const approved = await graph.invoke(new Command({ resume: { kind: 'approve', scope: 'session' } }), config)
    assert.deepEqual(approved.outcome, { status: 'completed', text: 'acted 1' })
    assert.deepEqual((await graph.invoke(input, config)).outcome, { status: 'completed', text: 'acted 2' })
    const later = await served().invoke(input, config)
    assert.equal('__interrupt__' in later, true)
    assert.equal(acts(), 2)
  })

  it('is held by the policy that it was given, on every level', async () => {
    const { hand, acts } = counted()
    const levels = (policy: Policy) => {
      const remit = [allow('hand')]
      const low = defineAgent({
        name: 'low',
        model: once({ calls: [{ name: 'hand', args: {} }] }),
        tools: [hand],
        remit
      })
      const top = defineAgent({ name: 'top', model: delegating('low'), delegates: [low], remit, served: { policy } })
      top.graph.checkpointer = new MemorySaver()
      return top.graph
    }
    const asking = await levels([{ name: 'global', remit: [ask('hand')] }]).invoke(input, config)
    assert.equal('__interrupt__' in asking, true)
    await levels([{ name: 'global', remit: [deny('hand')] }]).invoke(input, config)
    assert.equal(acts(), 0)
    const allowed = await levels([]).invoke(input, config)
    assert.deepEqual(allowed.outcome, { status: 'completed', text: 'acted 1' })
  })

  it('hears the hooks that it was given, on every level', async () => {
    const heard: string[] = []
    const { hand } = counted()
    const low = defineAgent({
      name: 'low',
      model: once({ calls: [{ name: 'hand', args: {} }] }),
      tools: [hand],
      remit: [allow('hand')]
    })
    const noHands = defineHook({
      name: 'no-hands',
      on: 'beforeTool',
      run({ path, tool }) {
        heard.push(`${path} ${tool}`)
        return tool === 'hand' ? { verdict: 'deny', reason: 'no hands here' } : undefined
      }
    })
    const { graph } = defineAgent({
      name: 'top',
      model: delegating('low'),
      delegates: [low],
      remit: [allow('hand')],
      served: { hooks: [noHands] }
    })
    graph.checkpointer = new MemorySaver()
    const { outcome } = await graph.invoke(input, config)
    assert.deepEqual(heard, ['top delegate', 'top/low hand'])
    assert.match((outcome as { text: string }).text, /no hands here/)
  })

  it('stops all levels below it when its run is stopped', async () => {
    const run = new AbortController()
    let stopped = false
    const hand = tool({
      name: 'hand',
      description: 'takes its time',
      effect: 'once',
      args: z.object({}),
      async run(_, { signal }) {
        setImmediate(() => run.abort(new Error('stopped from outside')))
        await sleep(20_000, undefined, { signal }).catch(() => {
          stopped = true
        })
        return 'late'
      }
    })
    const graph = served(hand, { saver: new MemorySaver(), mayAct: true })
    await assert.rejects(graph.invoke(input, { ...config, signal: run.signal }))
    for (let waited = 0; waited < 2000 && !stopped; waited += 10) await sleep(10)
    assert.equal(stopped, true)
  })
})
