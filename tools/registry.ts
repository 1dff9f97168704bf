import type { Call, Judgement } from '../state/calls.ts'
import type { Authority, ToolPort, ToolSpec } from '../state/context.ts'
import { RuntimeError } from '../state/errors.ts'
import { argsHash } from './args-hash.ts'
import { coordinator } from './coordinator.ts'
import { DELEGATE, type Delegate, delegateSpec, delegationOf } from './delegate.ts'
import { nearest } from './nearest.ts'
import { judge, strictestOf } from './policies.ts'
import type { Tool } from './tool.ts'

export interface ToolsetInit {
  readonly tools: readonly Tool[]
  /** The agents that `delegate` offers; with none the model is not told of delegation. */
  readonly delegates?: readonly Delegate[]
  readonly limits?: {
    /** Characters of one output that the model reads; of a longer one it gets the head and the tail. */
    readonly output?: number
  }
}

/**
 * The tools of one agent.
 * @throws RuntimeError BAD_ARGUMENTS where two tools have the same name
 */
export function toolset({ tools, delegates = [], limits = {} }: ToolsetInit): ToolPort {
  const byName = indexed(tools)
  const agents = new Set(delegates.map(({ name }) => name))
  const specs = specsOf(tools, delegates)
  return {
    specs,
    run: coordinator(byName, limits),
    effectOf: (name) => byName.get(name)?.effect ?? 'once',
    judge(call, authority) {
      if (call.name === DELEGATE && agents.size > 0) return judgeDelegation(call, { authority, agents })
      const tool = byName.get(call.name)
      if (!tool) return { kind: 'invalid', reason: unknownTool(call.name, specs) }
      const parsed = tool.parse(call.args)
      if (!parsed.ok) return { kind: 'invalid', reason: badArguments(call.name, parsed.error) }
      const asked = authority.grants.length > 0 && { asked: completed(call, tool) }
      return judge({ name: call.name, args: parsed.args }, { ...authority, ...asked })
    },
    complete: (call) => completed(call, byName.get(call.name))
  }
}

/**
 * What its schema transforms a tool would not take again, or take for something else than what was judged: that is shown as it
 * was written, and granted so.
 */
function completed(call: Call, tool: Tool | undefined): Call {
  const parsed = tool?.parse(call.args)
  if (!tool || !parsed?.ok) return call
  const again = tool.parse(parsed.args)
  return again.ok && argsHash(again.args) === argsHash(parsed.args) ? { ...call, args: parsed.args } : call
}

function indexed(tools: readonly Tool[]): ReadonlyMap<string, Tool> {
  const byName = new Map<string, Tool>()
  for (const tool of tools) {
    if (tool.name === DELEGATE) throw new RuntimeError('BAD_ARGUMENTS', `the name "${DELEGATE}" is kept for delegation`)
    if (byName.has(tool.name)) throw new RuntimeError('BAD_ARGUMENTS', `two tools have the name "${tool.name}"`)
    byName.set(tool.name, tool)
  }
  return byName
}

/** Sorted by name, so that providers find the same prompt prefix again however the tools were listed. */
function specsOf(tools: readonly Tool[], delegates: readonly Delegate[]): readonly ToolSpec[] {
  const own = tools.map(({ name, description, schema }) => ({ name, description, schema }))
  const all = delegates.length > 0 ? [...own, delegateSpec(delegates)] : own
  return all.sort((a, b) => (a.name < b.name ? -1 : 1))
}

/** Delegating takes no permission, since a child has none of its own; a remit may still deny it. */
function judgeDelegation(
  call: Call,
  { authority, agents }: { authority: Authority; agents: ReadonlySet<string> }
): Judgement {
  const parsed = delegationOf(call.args)
  if (!parsed.ok) return { kind: 'invalid', reason: badArguments(DELEGATE, parsed.error) }
  const { agent, task } = parsed
  if (!agents.has(agent))
    return { kind: 'invalid', reason: `there is no agent "${agent}"; there are ${[...agents].join(', ')}` }
  const verdict = strictestOf(authority.remits, { name: DELEGATE, args: { agent, task } })
  return verdict.kind === 'deny' ? verdict : { kind: 'delegate', agent, task }
}

function unknownTool(name: string, specs: readonly ToolSpec[]): string {
  const known = specs.map((spec) => spec.name)
  if (known.length === 0) return `there is no tool "${name}"; this agent has none`
  return `there is no tool "${name}"; the nearest: ${nearest(name, known).join(', ')}`
}

function badArguments(name: string, error: string): string {
  return `the arguments of ${name} do not fit:\n${error}`
}
