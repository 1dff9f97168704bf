import type { Call, Judgement } from '../state/calls.ts'
import type { Authority, ToolPort, ToolSpec } from '../state/context.ts'
import { RuntimeError } from '../state/errors.ts'
import type { AskedCall } from '../state/explanation.ts'
import type { Principal } from '../state/threads.ts'
import { argsHash } from './args-hash.ts'
import { coordinator } from './coordinator.ts'
import { DELEGATE, type Delegate, delegateSpec, delegationOf } from './delegate.ts'
import { nearest } from './nearest.ts'
import { explained } from './policies/explained.ts'
import { lessonOf } from './policies/lesson.ts'
import { judge, type PolicedCall, strictestOf } from './policies.ts'
import { operationOf, TASK, taskSpec } from './task.ts'
import type { Tool } from './tool.ts'
import type { ToolSource } from './tool-source.ts'

export interface ToolsetInit {
  readonly tools: readonly Tool[]
  /** Tools that come and go. One of the same name that is in `tools` goes before them. */
  readonly sources?: readonly ToolSource[]
  /** For whom those are. */
  readonly principal?: Principal
  /** The agents that `delegate` offers; with none the model is not told of delegation. */
  readonly delegates?: readonly Delegate[]
  /** Whether the agent may leave them at work, with the tool `task`. */
  readonly background?: boolean
  readonly limits?: {
    /** Characters of one output that the model reads; of a longer one it gets the head and the tail. */
    readonly output?: number
  }
}

/**
 * The tools of one agent.
 * @throws RuntimeError BAD_ARGUMENTS where two tools have the same name
 */
export function toolset(init: ToolsetInit): ToolPort {
  const { tools, sources = [], principal = null, delegates = [], background = false, limits = {} } = init
  const delegation = delegates.length > 0 ? [delegateSpec(delegates), ...(background ? [taskSpec(delegates)] : [])] : []
  const own = indexed(tools, delegation)
  const byName = {
    get: (name: string) => own.get(name) ?? firstOf(sources, (source) => source.find(name, principal))
  }
  const agents = new Set(delegates.map(({ name }) => name))
  const fixed = specsOf(tools, delegation)
  const specsNow = () => {
    const others = sources.flatMap((source) => source.now(principal)).filter(({ name }) => !own.has(name))
    return others.length > 0 ? specsOf([...tools, ...distinct(others)], delegation) : fixed
  }
  const port: ToolPort = {
    get specs() {
      return specsNow()
    },
    ...(sources.length > 0 && {
      async refresh(signal) {
        await Promise.all(sources.map((source) => source.refresh(principal, signal)))
        return port
      }
    }),
    run: coordinator(byName, limits),
    effectOf: (name) => byName.get(name)?.effect ?? 'once',
    dedupes: (name) => byName.get(name)?.dedupes ?? false,
    judge(call, authority) {
      if (call.name === DELEGATE && agents.size > 0) return judgeDelegation(call, { authority, agents })
      if (call.name === TASK && background && agents.size > 0) return judgeOperation(call, { authority, agents })
      const tool = byName.get(call.name)
      if (!tool) return { kind: 'invalid', reason: unknownTool(call.name, specsNow()) }
      const parsed = tool.parse(call.args)
      if (!parsed.ok) return { kind: 'invalid', reason: badArguments(call.name, parsed.error) }
      if (tool.isQuestion) return judgeQuestion({ name: call.name, args: parsed.args }, authority)
      const isLookedUp = authority.grants.length > 0 || (authority.repeats ?? []).length > 0
      const forms = isLookedUp && { asked: completed(call, tool), written: call }
      return judge(policed(tool, parsed.args), { ...authority, ...forms })
    },
    complete: (call) => completed(call, byName.get(call.name)),
    explain(asked, authority) {
      const { name } = asked
      const tool = byName.get(name)
      const call = { id: '', name, args: argsOf(asked, tool) }
      const parsed = tool?.parse(call.args)
      const judgement = port.judge(call, authority)
      const args = parsed?.ok ? parsed.args : call.args
      const subject = tool ? policed(tool, args) : { name, args }
      return { judgement, parts: judgement.kind === 'invalid' ? [] : explained(subject, authority) }
    },
    lesson: ({ name, args }) => lessonOf({ name, args, kinds: byName.get(name)?.kinds })
  }
  return port
}

/** A call as policy sees it. */
function policed({ name, kinds, confinement, effect, reach }: Tool, args: Record<string, unknown>): PolicedCall {
  const leads = reach ?? (Object.values(kinds ?? {}).includes('url') ? 'outside' : undefined)
  return { name, args, kinds, confinement, acts: leads === 'outside' || (leads !== 'itself' && effect !== 'read') }
}

const MAIN_KINDS = ['command', 'path', 'tree', 'url']

/**
 * A text is for the argument that says most of what the call does.
 * @throws RuntimeError BAD_ARGUMENTS where there is none such
 */
function argsOf({ name, args }: AskedCall, tool: Tool | undefined): Record<string, unknown> {
  if (typeof args !== 'string') return args
  if (!tool) return {}
  const kinds = Object.entries(tool?.kinds ?? {})
  const main = MAIN_KINDS.flatMap((kind) => kinds.filter((each) => each[1] === kind))[0]
  if (main) return { [main[0]]: args }
  throw new RuntimeError(
    'BAD_ARGUMENTS',
    `${name} has no argument that a text could be for: give its arguments as JSON`
  )
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

function indexed(tools: readonly Tool[], delegation: readonly ToolSpec[]): ReadonlyMap<string, Tool> {
  const byName = new Map<string, Tool>()
  const kept = new Set([DELEGATE, ...delegation.map(({ name }) => name)])
  for (const tool of tools) {
    if (kept.has(tool.name)) throw new RuntimeError('BAD_ARGUMENTS', `the name "${tool.name}" is kept for delegation`)
    if (byName.has(tool.name)) throw new RuntimeError('BAD_ARGUMENTS', `two tools have the name "${tool.name}"`)
    byName.set(tool.name, tool)
  }
  return byName
}

function firstOf<T, Found>(all: readonly T[], find: (each: T) => Found | undefined): Found | undefined {
  for (const each of all) {
    const found = find(each)
    if (found !== undefined) return found
  }
  return undefined
}

const distinct = (tools: readonly Tool[]): readonly Tool[] =>
  tools.filter(({ name }, index) => tools.findIndex((tool) => tool.name === name) === index)

/** Sorted by name, so that providers find the same prompt prefix again however the tools were listed. */
function specsOf(tools: readonly Tool[], delegation: readonly ToolSpec[]): readonly ToolSpec[] {
  const own = tools.map(({ name, description, schema }) => ({ name, description, schema }))
  return [...own, ...delegation].sort((a, b) => (a.name < b.name ? -1 : 1))
}

/** Delegating takes no permission, since a child has none of its own; a remit may still deny it. */
function judgeDelegation(
  call: Call,
  { authority, agents }: { authority: Authority; agents: ReadonlySet<string> }
): Judgement {
  const parsed = delegationOf(call.args)
  if (!parsed.ok) return { kind: 'invalid', reason: badArguments(DELEGATE, parsed.error) }
  const { agent, task } = parsed
  return refusalOf(parsed, { authority, agents }) ?? { kind: 'delegate', agent, task }
}

/** Asking takes no permission: whoever is asked may say no. A remit may still deny it. */
function judgeQuestion(call: PolicedCall, authority: Authority): Judgement {
  const verdict = strictestOf(authority.remits, call, authority)
  return verdict.kind === 'deny' ? verdict : { kind: 'question' }
}

/** What is started in the background is delegated like anything else. */
function judgeOperation(call: Call, about: { authority: Authority; agents: ReadonlySet<string> }): Judgement {
  const parsed = operationOf(call.args)
  if (!parsed.ok) return { kind: 'invalid', reason: badArguments(TASK, parsed.error) }
  const { operation } = parsed
  const verdict = strictestOf(about.authority.remits, { name: TASK, args: operation }, about.authority)
  if (verdict.kind === 'deny') return verdict
  const started = operation.op === 'start' ? operation.tasks : []
  const [refused] = started.flatMap((delegation) => refusalOf(delegation, about) ?? [])
  return refused ?? { kind: 'task', operation }
}

function refusalOf(
  { agent, task }: { agent: string; task: string },
  { authority, agents }: { authority: Authority; agents: ReadonlySet<string> }
): Judgement | undefined {
  if (!agents.has(agent))
    return { kind: 'invalid', reason: `there is no agent "${agent}"; there are ${[...agents].join(', ')}` }
  const verdict = strictestOf(authority.remits, { name: DELEGATE, args: { agent, task } }, authority)
  return verdict.kind === 'deny' ? verdict : undefined
}

function unknownTool(name: string, specs: readonly ToolSpec[]): string {
  const known = specs.map((spec) => spec.name)
  if (known.length === 0) return `there is no tool "${name}"; this agent has none`
  return `there is no tool "${name}"; the nearest: ${nearest(name, known).join(', ')}`
}

function badArguments(name: string, error: string): string {
  return `the arguments of ${name} do not fit:\n${error}`
}
