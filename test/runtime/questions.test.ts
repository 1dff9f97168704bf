// Questions up the ladder: asked by a child, answered by whoever above knows, as the result of the call.
import { isSystemMessage } from '@langchain/core/messages'
import { assert, describe, it } from 'vitest'
import { openStore } from '../../checkpointers/open.ts'
import { type AgentInit, defineAgent } from '../../prebuilt/define-agent.ts'
import { agentRuntime } from '../../runtime/agent-runtime.ts'
import type { Decision } from '../../state/decisions.ts'
import { deny } from '../../state/remit.ts'
import { askParent } from '../../tools/ask-parent.ts'
import { collected } from '../support/collected.ts'
import { type Move, playing } from '../support/script.ts'

const question = { question: 'Which colour?', options: ['red', 'blue'] }
const asking: Move = [{ name: 'ask_parent', args: question }]

/** A lead whose coder asks something and ends with the answer. `says` is what the lead answers itself. */
async function tree({ says, ...init }: Omit<AgentInit, 'name' | 'model'> & { says?: () => Move } = {}) {
  const coder = defineAgent({
    name: 'coder',
    tools: [askParent],
    model: playing((_task, results) => results[0] ?? asking)
  })
  const lead = defineAgent({
    name: 'lead',
    delegates: [coder],
    model: playing((task, results, messages) => {
      if (isSystemMessage(messages[0]!) && messages[0].text.includes('asks you something')) {
        heard.push(task)
        return says?.() ?? 'I do not know'
      }
      return results[0] ?? [{ name: 'delegate', args: { agent: 'coder', task: 'paint the door' } }]
    }),
    ...init
  })
  const heard: string[] = []
  const store = await openStore('memory:')
  return { heard, store, fresh: () => agentRuntime({ store, agents: [lead] }) }
}

describe('a question', () => {
  for (const [kind, decision, text] of [
    ['an answer', { kind: 'answer', value: 'blue' }, 'blue'],
    ['an answer of other values than words', { kind: 'answer', value: { rgb: [0, 0, 1] } }, '{"rgb":[0,0,1]}'],
    ['a plain yes', { kind: 'approve', scope: 'once' }, 'Yes.'],
    ['a no', { kind: 'reject', reason: 'as you like' }, 'REJECTED: as you like'],
    ['no answer', { kind: 'reject', reason: '' }, 'REJECTED: nobody answers this; go on with']
  ] as const)
    it(`goes up to a person, whose word is its result: ${kind}`, async () => {
      const { fresh } = await tree()
      const { threadId, outcome } = await fresh().startTurn({ agent: 'lead', input: 'go' })
      assert.equal(outcome.status, 'asking')
      const [asked, ...others] = await fresh().openAsks(threadId)
      assert.isEmpty(others)
      assert.deepInclude(asked, { kind: 'input', path: 'lead/coder', tool: 'ask_parent', args: question })
      const { result } = await fresh().resolveInput(asked!.id, decision as Decision)
      const ended = (await result).outcome
      assert.include(ended.status === 'completed' ? ended.text : '', text)
    })

  it('is answered by the agent above, where its model decides and knows, from what both were given to do', async () => {
    const { fresh, heard } = await tree({
      arbitration: 'model',
      says: () => [{ name: 'say', args: { verdict: 'answer', answer: 'red' } }]
    })
    const runtime = fresh()
    const turn = await runtime.startStreamingTurn({ agent: 'lead', input: 'doors are red here' })
    const events = await collected(turn)
    assert.deepEqual((await turn.result).outcome, { status: 'completed', text: 'red' })
    for (const part of ['doors are red here', 'paint the door', 'Which colour?', 'lead/coder'])
      assert.include(heard[0], part)
    const decided = events.flatMap((event) => (event.type === 'ask.decided' ? [event] : []))
    assert.deepEqual(
      decided.map(({ decision, by }) => [decision.kind, by.kind]),
      [['answer', 'model']]
    )
  })

  for (const [how, says] of [
    ['says that it does not', () => [{ name: 'say', args: { verdict: 'escalate', answer: '' } }]],
    ['answers with nothing', () => [{ name: 'say', args: { verdict: 'answer', answer: ' ' } }]],
    ['just talks', () => 'red, I think']
  ] as const)
    it(`goes on up where the model above ${how}`, async () => {
      const { fresh } = await tree({ arbitration: 'model', says: says as () => Move })
      const { threadId, outcome } = await fresh().startTurn({ agent: 'lead', input: 'go' })
      assert.equal(outcome.status, 'asking')
      assert.lengthOf(await fresh().openAsks(threadId), 1)
    })

  it('is not put where a remit denies it', async () => {
    const { fresh } = await tree({ remit: [deny('ask_parent')] })
    const { outcome } = await fresh().startTurn({ agent: 'lead', input: 'go' })
    assert.include(outcome.status === 'completed' ? outcome.text : '', 'DENIED')
  })

  it('of the root is put to the person, beside what else it asks', async () => {
    const root = defineAgent({
      name: 'root',
      tools: [askParent],
      model: playing((_task, results) =>
        results.length > 1 ? results.join(' and ') : ([...asking, ...asking] as Move)
      )
    })
    const runtime = agentRuntime({ store: await openStore('memory:'), agents: [root] })
    const { threadId } = await runtime.startTurn({ agent: 'root', input: 'go' })
    const [first, second] = await runtime.openAsks(threadId)
    await (await runtime.resolveInput(second!.id, { kind: 'answer', value: 'blue' })).result
    const { outcome } = await (await runtime.resolveInput(first!.id, { kind: 'answer', value: 'red' })).result
    assert.deepEqual(outcome, { status: 'completed', text: 'red and blue' })
  })
})
