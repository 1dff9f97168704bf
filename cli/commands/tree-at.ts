import type { AgentRuntime } from '../../runtime/agent-runtime.ts'
import type { ThreadRecord } from '../../state/threads.ts'
import { agentOfTree } from '../finding/agent.ts'
import { redacted } from '../secrets.ts'
import { type Tree, treeOf } from '../view/tree.ts'
import type { AtStore } from './at-store.ts'
import type { AgentOptions } from './options.ts'
import { policyBeside } from './policy-at.ts'
import { runtimeOn } from './runtime-on.ts'

/** The tree of a thread: its root, and a runtime that knows its agents, with their hooks where it is to drive them. */
export async function treeAt(
  thread: ThreadRecord,
  { options, at, drives = true }: { options: AgentOptions; at: AtStore; drives?: boolean }
): Promise<{ root: ThreadRecord; runtime: AgentRuntime }> {
  const { store, surroundings } = at
  const root = (await store.journal.thread(thread.rootThreadId)) ?? thread
  const { env, cwd } = surroundings
  const agent = await agentOfTree(root, { choice: options, cwd, env })
  const policy = await policyBeside(root, { options, surroundings })
  const hooksIn = drives ? { workspace: root.workspace ?? undefined, env } : undefined
  return { root, runtime: await runtimeOn(store, { agents: [agent], env, policy, ...(hooksIn && { hooksIn }) }) }
}

/** A runtime to look at a thread with: it drives nothing, and so needs agents only where the journal does not know enough. */
export async function lookingAt(
  thread: ThreadRecord,
  { agents, at }: { agents: string | undefined; at: AtStore }
): Promise<AgentRuntime> {
  if (agents !== undefined)
    return (await treeAt(thread, { options: { store: at.store.url, agents }, at, drives: false })).runtime
  return runtimeOn(at.store)
}

/** How the tree stands before it is driven on. */
export async function standingTree(
  threadId: string,
  { runtime, output }: { runtime: AgentRuntime } & Pick<AtStore, 'output'>
): Promise<Tree> {
  const { subtree, asks } = await runtime.getSnapshot(threadId)
  const shown = redacted({ subtree, asks: asks.map(({ ask }) => ask) }, output.redact)
  return treeOf(shown.subtree, shown.asks)
}

/** Says why nothing is to be seen for a while, where that is so. */
export async function sayWhoDrives(
  { rootThreadId }: ThreadRecord,
  { store, output }: Pick<AtStore, 'store' | 'output'>
): Promise<void> {
  const lease = await store.journal.lease(rootThreadId)
  if (lease && lease.expiresAt > Date.now())
    output.aside(
      'another process drives this tree, or died a moment ago: waiting until it is done or not heard of any more'
    )
}
