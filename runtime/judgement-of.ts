import type { Ask } from '../state/asks.ts'
import type { Judgement } from '../state/calls.ts'
import type { Authority } from '../state/context.ts'
import type { TreePolicy } from '../state/policy.ts'
import type { ThreadRecord } from '../state/threads.ts'
import type { Registry } from './registry.ts'

/**
 * What policy says of the call that an ask is about, or of the same with other arguments. Undefined where nothing was to be
 * permitted.
 */
export function judgementOf(
  ask: Ask,
  { thread, kept, registry, args = ask.args, grants = [] }: Judging
): Judgement | undefined {
  const { judge } = registry.agent(thread.agent)
  if (ask.kind !== 'permission') return undefined
  const call = { id: ask.toolCallId, name: ask.tool, args: args as Record<string, unknown> }
  return judge(call, { ...registry.authorityOf(thread, kept), grants, untrusted: ask.untrusted })
}

interface Judging {
  readonly thread: ThreadRecord
  /** What is said of its tree. */
  readonly kept: TreePolicy | null
  readonly registry: Registry
  readonly args?: unknown
  readonly grants?: Authority['grants']
}
