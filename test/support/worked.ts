// A tree that has been at work: a lead delegates what was said to a clerk, who asks before it touches anything.
import type { Store } from '../../checkpointers/store.ts'
import { defineAgent } from '../../prebuilt/define-agent.ts'
import { type AgentRuntime, agentRuntime } from '../../runtime/agent-runtime.ts'
import { ask } from '../../state/remit.ts'
import { effects } from './effects.ts'
import { playing } from './script.ts'

/** Long enough to be an element of its own, and too short to be deflated. */
export const SAID = 'the code of the safe is 4711; '.repeat(12)

export function leadOn(store: Store): AgentRuntime {
  const clerk = defineAgent({
    name: 'clerk',
    tools: [effects()],
    remit: [ask('touch')],
    model: playing((task, results) => results[0] ?? [{ name: 'touch', args: { what: task } }])
  })
  const lead = defineAgent({
    name: 'lead',
    delegates: [clerk],
    remit: [ask('touch')],
    model: playing((task, results) => results[0] ?? [{ name: 'delegate', args: { agent: 'clerk', task } }])
  })
  return agentRuntime({ store, agents: [lead] })
}

/** Until the clerk asks; gives the root. */
export async function workUntilAsked(store: Store): Promise<string> {
  const runtime = leadOn(store)
  const { threadId } = await runtime.startTurn({ agent: 'lead', input: SAID })
  await runtime.close()
  return threadId
}

/** Allows what the clerk asks for, edited, and gives what became of the turn. */
export async function workOn(store: Store, threadId: string) {
  const runtime = leadOn(store)
  const [asked] = await runtime.openAsks(threadId)
  const { result } = await runtime.resolveInput(asked!.id, { kind: 'edit', args: { what: `${SAID}!` } })
  const { outcome } = await result
  await runtime.close()
  return outcome
}

/** To its end. */
export async function workThrough(store: Store): Promise<string> {
  const threadId = await workUntilAsked(store)
  const outcome = await workOn(store, threadId)
  if (outcome.status !== 'completed') throw new Error(`the tree has not completed: ${JSON.stringify(outcome)}`)
  return threadId
}
