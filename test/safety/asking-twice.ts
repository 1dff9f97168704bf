// Agents that ask, and when that is approved ask again.
import { AIMessage } from '@langchain/core/messages'
import { END, interrupt, MessagesAnnotation, START, StateGraph } from '@langchain/langgraph'
import { defineAgent } from '../../prebuilt/define-agent.ts'
import { worker } from '../../prebuilt/worker.ts'
import type { Agent } from '../../runtime/agent.ts'
import { ask } from '../../state/remit.ts'
import { effects } from '../support/effects.ts'
import { playing } from '../support/script.ts'

export interface AskingTwice {
  /** As a process that has just come up would make it; all share their effects. */
  agent(): Agent
  /** The effects so far. */
  readonly done: readonly string[]
  /** What they are once the first ask is approved. */
  readonly afterFirst: readonly string[]
  /** What they are once the second is rejected as well. */
  readonly atTheEnd: readonly string[]
}

/** One touch in each of two steps. */
export function inTwoSteps(callId?: string): AskingTwice {
  const touch = effects()
  const touching = (what: string) => [{ name: 'touch', args: { what }, ...(callId && { id: callId }) }]
  const agent = () =>
    defineAgent({
      name: 'agent',
      tools: [touch],
      remit: [ask('touch')],
      model: playing([touching('first'), touching('second'), 'done'])
    })
  return { agent, done: touch.done, afterFirst: ['first'], atTheEnd: ['first'] }
}

function asChild(): AskingTwice {
  const child = inTwoSteps()
  const agent = () =>
    defineAgent({
      name: 'lead',
      delegates: [child.agent()],
      remit: [ask('touch')],
      model: playing([[{ name: 'delegate', args: { agent: 'agent', task: 'go' } }], 'done'])
    })
  return { ...child, agent }
}

/** A graph that is not ours: LangGraph runs its node from the top for each answer. */
function inOneNode(): AskingTwice {
  const done: string[] = []
  const agent = () =>
    worker({
      name: 'releaser',
      graph: new StateGraph(MessagesAnnotation)
        .addNode('release', () => {
          const build = interrupt('build it?')
          const release = interrupt('release it?')
          done.push(`build: ${build}, release: ${release}`)
          return { messages: [new AIMessage('done')] }
        })
        .addEdge(START, 'release')
        .addEdge('release', END)
        .compile()
    })
  return { agent, done, afterFirst: [], atTheEnd: ['build: true, release: false'] }
}

export const ASKING_TWICE: readonly (readonly [name: string, make: () => AskingTwice])[] = [
  ['an agent', () => inTwoSteps()],
  ['an agent whose model calls every call the same', () => inTwoSteps('call_0')],
  ['a child', asChild],
  ['a worker that asks twice in one node', inOneNode]
]
