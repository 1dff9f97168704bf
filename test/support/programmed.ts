// Agents whose task is their program, so that a test reads what each of them does: lead → coder → tester, and all may touch.
import type { BaseChatModel } from '@langchain/core/language_models/chat_models'
import { defineAgent } from '../../prebuilt/define-agent.ts'
import type { Agent } from '../../runtime/agent.ts'
import { ask, type Rule } from '../../state/remit.ts'
import type { Tool } from '../../tools/tool.ts'
import { type Move, playing } from './script.ts'

/** What to touch, or whom to hand a program to. */
export type Work = string | readonly [agent: string, program: Program]
/** One message of the model after the other, each with what it wants done at once. */
export type Program = readonly (readonly Work[])[]

/** The program as a task. */
export function task(...program: Program): string {
  return JSON.stringify(program)
}

/** The lead of such a tree. `remits` are by name; by default whatever is touched is asked about. */
export function programmed(
  touch: Tool,
  remits: Readonly<Record<string, Rule[]>> = {},
  speaking: (plan: (task: string, results: readonly string[]) => Move) => BaseChatModel = playing
): Agent {
  const agent = (name: string, delegates: readonly Agent[]) =>
    defineAgent({
      name,
      delegates,
      tools: [touch],
      remit: remits[name] ?? [ask(touch.name)],
      model: speaking((given, results) => next(JSON.parse(given) as Program, { results, touch }))
    })
  return agent('lead', [agent('coder', [agent('tester', [])])])
}

function next(program: Program, { results, touch }: { results: readonly string[]; touch: Tool }) {
  let done = 0
  for (const works of program) {
    if (done === results.length)
      return works.map((work) =>
        typeof work === 'string'
          ? { name: touch.name, args: { what: work } }
          : { name: 'delegate', args: { agent: work[0], task: JSON.stringify(work[1]) } }
      )
    done += works.length
  }
  return results.join(', ')
}
