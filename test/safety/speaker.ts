import { z } from 'zod'
import { defineAgent } from '../../prebuilt/define-agent.ts'
import type { Agent } from '../../runtime/agent.ts'
import type { Outcome } from '../../state/outcome.ts'
import { allow } from '../../state/remit.ts'
import { tool } from '../../tools/tool.ts'
import { playing } from '../support/script.ts'

/** What a process is to say, and to whom. */
export interface Writing {
  readonly name: string
  readonly threadIds: readonly string[]
  /** Messages to each thread, and how many of them wait at the same time. */
  readonly each: number
  readonly atOnce: number
  readonly leaseMs: number
}

/** One message, and what its sender was told of its turn. */
export interface Said {
  readonly threadId: string
  readonly input: string
  readonly outcome: Outcome
}

/** An agent that does one thing in each turn, which may be done once, and says so. */
export function speaker(act: (what: string) => void): Agent {
  const touch = tool({
    name: 'touch',
    description: 'Leaves a line.',
    effect: 'once',
    args: z.object({ what: z.string() }),
    async run({ what }) {
      act(what)
      return `touched ${what}`
    }
  })
  return defineAgent({
    name: 'speaker',
    tools: [touch],
    remit: [allow('touch')],
    model: playing((what, results) =>
      results.length > 0 ? `${what}: ${results[0]}` : [{ name: 'touch', args: { what } }]
    )
  })
}
