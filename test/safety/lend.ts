import { join } from 'node:path'
import { openStore } from '../../checkpointers/open.ts'
import type { Store } from '../../checkpointers/store.ts'
import type { Agent } from '../../runtime/agent.ts'
import { type AgentRuntime, agentRuntime } from '../../runtime/agent-runtime.ts'
import { tempDir } from '../support/temp-dir.ts'

/** Lends one test's store, each time as a process that has just come up would find it. */
export type Lend = <T>(work: (store: Store) => Promise<T>) => Promise<T>

export async function inMemory(): Promise<Lend> {
  const store = await openStore('memory:')
  return (work) => work(store)
}

/** A file that is opened anew for each loan, and removed when the running test ends. */
export async function onSqlite(): Promise<Lend> {
  const url = `sqlite:${join(await tempDir(), 'deputy.db')}`
  return async (work) => {
    const store = await openStore(url)
    return work(store).finally(store.close)
  }
}

/** Lends a runtime on that store that has run nothing yet. */
export function freshRuntimes(lend: Lend, agent: () => Agent) {
  return <T>(work: (runtime: AgentRuntime) => Promise<T>): Promise<T> =>
    lend((store) => {
      const runtime = agentRuntime({ store, agents: [agent()] })
      return work(runtime).finally(runtime.close)
    })
}
