// What a model is shown of the outputs of its tools.
import { writeFile } from 'node:fs/promises'
import { isToolMessage } from '@langchain/core/messages'
import { assert, describe, it } from 'vitest'
import { z } from 'zod'
import { openStore } from '../../checkpointers/open.ts'
import { type AgentInit, defineAgent } from '../../prebuilt/define-agent.ts'
import { agentRuntime } from '../../runtime/agent-runtime.ts'
import type { AgentState } from '../../state/agent.ts'
import { allow, ask } from '../../state/remit.ts'
import { edit, read } from '../../tools/coding/index.ts'
import { tool } from '../../tools/tool.ts'
import { type Move, playing } from '../support/script.ts'
import { tempWorkspace } from '../support/temp-workspace.ts'

const long = tool({
  name: 'long',
  description: 'Says much.',
  effect: 'read',
  args: z.object({ size: z.number() }),
  run: async ({ size }) => 'x'.repeat(size)
})

async function played(
  moves: Parameters<typeof playing>[0],
  init: Omit<AgentInit, 'name' | 'model'> & { workspace?: string }
) {
  const { workspace, ...rest } = init
  const agent = defineAgent({ name: 'agent', remit: [allow('*')], model: playing(moves), ...rest })
  const runtime = agentRuntime({ store: await openStore('memory:'), agents: [agent] })
  const { threadId, outcome } = await runtime.startTurn({
    agent: 'agent',
    input: 'go',
    ...(workspace !== undefined && { workspace })
  })
  const results = async () => {
    const { messages } = (await runtime.getSnapshot(threadId)).values as unknown as AgentState
    return messages.filter(isToolMessage).map(({ text }) => text)
  }
  return { runtime, threadId, outcome, results }
}

describe('the outputs of a turn', () => {
  const sized = (...sizes: number[]) => sizes.map((size) => ({ name: 'long', args: { size } }))

  it('are cut short when the turn has had its share, and can be read on', async () => {
    const { results } = await played(
      [sized(3000), sized(3000, 3000), sized(3000), [{ name: 'read_output', args: { call_id: 'CALL', limit: 400 } }]],
      { tools: [long], limits: { turnOutput: 6000 } }
    )
    const [first, second, third, fourth] = await results()
    assert.lengthOf(first!, 3000)
    for (const half of [second!, third!]) assert.match(half, /^x+\n\[1500 of 3000 characters left out; read_output/)
    assert.match(fourth!, /^x{300}\n\[2500 of 3000 characters left out/)
  })

  it('are cut where the agent says for one call', async () => {
    const { results } = await played([sized(3000)], { tools: [long], limits: { output: 1000 } })
    assert.match((await results())[0]!, /\[2000 of 3000 characters left out/)
  })

  it('are cut short also of calls that were asked about', async () => {
    const { runtime, threadId, results } = await played([sized(3000)], {
      tools: [long],
      remit: [ask('long')],
      limits: { turnOutput: 1000 }
    })
    const [asked] = await runtime.openAsks(threadId)
    const { result } = await runtime.resolveInput(asked!.id, { kind: 'approve', scope: 'once' })
    await result
    assert.match((await results())[0]!, /\[2000 of 3000 characters left out/)
  })

  it('have their share in each turn', async () => {
    const { runtime, threadId, results } = await played([sized(1000)], { tools: [long], limits: { turnOutput: 1000 } })
    await runtime.startTurn({ agent: 'agent', input: 'again', threadId })
    assert.deepEqual(
      (await results()).map(({ length }) => length),
      [1000, 1000]
    )
  })
})

describe('a file that is read again', () => {
  const reading = (more: object = {}): Move => [{ name: 'read', args: { path: 'a', ...more } }]
  const lines = 'a line of some length\n'.repeat(40)
  const SAME = /^\[unchanged: the same \d+ characters as read gave before, above\]$/

  it('is shown once while it is unchanged, and again when it was changed', async () => {
    const { root } = await tempWorkspace({ a: `first\n${lines}` })
    const change: Move = [{ name: 'edit', args: { path: 'a', old: 'first', new: 'second' } }]
    const { results } = await played(
      [reading(), reading({ offset: 1 }), reading(), change, reading(), reading(), reading({ offset: 2 })],
      { tools: [read, edit], workspace: root }
    )
    const [first, otherwise, again, , changed, unchanged, other] = await results()
    assert.match(first!, /first/)
    assert.match(otherwise!, /first/, 'said in other words it is another call')
    assert.match(again!, SAME)
    assert.match(changed!, /second/)
    assert.match(unchanged!, SAME)
    assert.notMatch(other!, SAME)
  })

  it('is shown again where somebody else has changed it', async () => {
    const { root, path } = await tempWorkspace({ a: lines })
    const { runtime, threadId, results } = await played([reading()], { tools: [read], workspace: root })
    await writeFile(path('a'), `${lines}more\n`)
    await runtime.startTurn({ agent: 'agent', input: 'again', threadId })
    assert.match((await results())[1]!, /more$/)
  })

  it('is shown again when the first time has left the view', async () => {
    const { root } = await tempWorkspace({ a: lines })
    const filler: Move = [{ name: 'long', args: { size: 4000 } }]
    const moves = [reading(), filler, filler, reading(), 'done']
    const { results } = await played(() => moves.shift()!, {
      tools: [read, long],
      workspace: root,
      limits: { view: 6000 }
    })
    assert.notMatch((await results()).at(-1)!, SAME)
  })

  it('that was too long to be shown whole is the same as well', async () => {
    const { root } = await tempWorkspace({ a: lines.repeat(4) })
    const { results } = await played([reading(), reading()], {
      tools: [read],
      workspace: root,
      limits: { output: 1000 }
    })
    assert.match((await results())[1]!, SAME)
  })

  it('and is short is just shown', async () => {
    const { root } = await tempWorkspace({ a: 'short\n' })
    const { results } = await played([reading(), reading()], { tools: [read], workspace: root })
    assert.match((await results())[1]!, /short/)
  })
})
