import type { BaseStore } from '@langchain/langgraph'
import type { ToolRun } from '../../state/context.ts'
import { RuntimeError } from '../../state/errors.ts'
import { argsHash } from '../args-hash.ts'

export interface MemoryInit {
  /** Where memories are kept; by default the store that the agent, or the server, was given. */
  readonly store?: BaseStore
  /** Whose memories these are, such as those of a project. All agents with the same namespace share them. */
  readonly namespace?: readonly string[]
}

/** A memory as it is kept, with where it comes from. */
export interface Memory {
  readonly text: string
  readonly threadId: string
  readonly callId: string
  readonly at: number
}

/** @throws RuntimeError TOOL_FAILED where there is no store */
export function storeOf(run: Pick<ToolRun, 'store'>, { store = run.store }: MemoryInit): BaseStore {
  if (store) return store
  throw new RuntimeError('TOOL_FAILED', 'the agent has nowhere to remember: give it a LangGraph store as `store`')
}

/** What one principal lets be remembered no other gets to read, whatever namespace both name. */
export function namespaceOf(run: Pick<ToolRun, 'principal'>, { namespace = ['memory'] }: MemoryInit): string[] {
  return [...namespace, run.principal === null ? 'nobody' : `principal-${argsHash(run.principal)}`]
}
