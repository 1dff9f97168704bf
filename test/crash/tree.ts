// The tree that is crashed: lead → three coders → a tester each, with a tool of every effect. What each of them does follows
// from the seed, so every process that drives the tree has the same agents and the same person answers.
import { z } from 'zod'
import { scripted } from '../../models/scripted.ts'
import { defineAgent } from '../../prebuilt/define-agent.ts'
import type { Agent } from '../../runtime/agent.ts'
import type { Ask } from '../../state/asks.ts'
import type { Effect } from '../../state/call-records.ts'
import type { Decision } from '../../state/decisions.ts'
import { allow, ask } from '../../state/remit.ts'
import { type Tool, tool } from '../../tools/tool.ts'
import { type Move, resultsOf, taskOf } from '../support/script.ts'
import { seeded } from './seeded.ts'

/** Something that a tool did, as the world outside of all processes has it. */
export interface Deed {
  readonly tool: string
  readonly what: string
  readonly key: string
}

export interface TreeInit {
  readonly seed: number
  /** Does what a tool does. */
  act(deed: Deed): Promise<void>
  /** Called as a model begins to reply. */
  thinks?(): Promise<void>
}

/** The input with which the lead sends out its coders; to any other it just replies. */
export const WORK = 'work'
export const WORDS = ['a', 'b', 'c'] as const

const EFFECTS: Readonly<Record<string, Effect>> = { note: 'once', touch: 'once', keep: 'idempotent', look: 'read' }
const REMIT = [ask('touch'), allow('note'), allow('keep'), allow('look')]

export function tree({ seed, act, thinks = async () => {} }: TreeInit): Agent {
  const tools = Object.entries(EFFECTS).map(([name, effect]) => actingTool(name, { effect, act }))
  const plays = (moves: (task: string, results: readonly string[]) => Move) =>
    scripted(async (messages) => {
      await thinks()
      const move = moves(taskOf(messages), resultsOf(messages))
      return typeof move === 'string' ? move : { calls: move }
    })
  const tester = defineAgent({
    name: 'tester',
    tools,
    remit: REMIT,
    model: plays((word, results) => testing(seed, word, results))
  })
  const coder = defineAgent({
    name: 'coder',
    remit: REMIT,
    delegates: [tester],
    model: plays((task, results) => results[0] ?? [{ name: 'delegate', args: { agent: 'tester', task } }])
  })
  return defineAgent({
    name: 'lead',
    tools,
    remit: REMIT,
    delegates: [coder],
    model: plays((task, results) => {
      if (task !== WORK) return answerTo(task)
      return results.length > 0 ? results.join('\n') : leading(seed)
    })
  })
}

export function answerTo(input: string): string {
  return `you said ${input}`
}

/** Which effects the work has, if every ask is approved and no process dies. */
export function deedsOf(seed: number): { tool: string; what: string }[] {
  const ofTesters = WORDS.flatMap((what) => Object.keys(EFFECTS).map((name) => ({ tool: name, what })))
  const ofLead = leading(seed).filter(({ name }) => name !== 'delegate')
  return [...ofTesters, ...ofLead.map(({ name, args }) => ({ tool: name, what: String(args.what) }))]
}

export function isOnce(toolName: string): boolean {
  return EFFECTS[toolName] === 'once'
}

/** What the person says to an ask. */
export function decisionOn({ args }: Pick<Ask, 'args'>, seed: number): Decision {
  if (isApproved((args as { what: string }).what, seed)) return { kind: 'approve', scope: 'once' }
  return { kind: 'reject', reason: 'not this one' }
}

export function isApproved(what: string, seed: number): boolean {
  return drawn(`decision on ${what}`, seed) < 0.7
}

type Calls = Exclude<Move, string>

function leading(seed: number): Calls {
  const delegated = WORDS.map((task) => ({ name: 'delegate', args: { agent: 'coder', task } }))
  const own = [
    ...(drawn('the lead notes', seed) < 0.5 ? [call('note', 'lead')] : []),
    ...(drawn('the lead asks', seed) < 0.5 ? [call('touch', 'lead')] : [])
  ]
  return [...own, ...delegated]
}

/** All four at once, or one after the other. */
function testing(seed: number, word: string, results: readonly string[]): Move {
  const names = Object.keys(EFFECTS)
  if (results.length >= names.length) return `tested ${word}: ${results.join('; ')}`
  if (drawn(`${word} at once`, seed) < 0.5) return names.map((name) => call(name, word))
  return [call(names[results.length]!, word)]
}

function call(name: string, what: string) {
  return { name, args: { what } }
}

function actingTool(name: string, { effect, act }: { effect: Effect; act: TreeInit['act'] }): Tool {
  return tool({
    name,
    description: 'Does something that can be counted.',
    effect,
    args: z.object({ what: z.string() }),
    async run({ what }, { idempotencyKey: key }) {
      await act({ tool: name, what, key })
      return `${name} ${what}`
    }
  })
}

function drawn(about: string, seed: number): number {
  const letters = [...about].reduce((sum, letter) => Math.imul(sum, 31) + letter.charCodeAt(0), seed * 7919)
  return seeded(letters)()
}
