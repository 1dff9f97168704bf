// A lead with eight children of one kind. Each notes two things, asks once, and notes two more once it has its answer.
import { z } from 'zod'
import { defineAgent } from '../../prebuilt/define-agent.ts'
import type { Agent } from '../../runtime/agent.ts'
import { allow, ask } from '../../state/remit.ts'
import { type Tool, tool } from '../../tools/tool.ts'
import { effects } from '../support/effects.ts'
import { type Move, playing } from '../support/script.ts'

export const CHILDREN = 8
/** Fewer events than such a tree tells from its first turn to its last. */
export const AT_LEAST = 200

const NAMES = Array.from({ length: CHILDREN }, (_, nth) => `child ${nth + 1}`)

export function eightChildren(): Agent {
  const clerk = defineAgent({
    name: 'clerk',
    tools: [note(), effects()],
    remit: [allow('note'), ask('touch')],
    model: playing(
      (task, results) =>
        new Map<number, Move>([
          [0, notes(task, ['first', 'second'])],
          [2, [{ name: 'touch', args: { what: task } }]],
          [3, notes(task, ['third', 'fourth'])]
        ]).get(results.length) ?? `${task} is done`
    )
  })
  return defineAgent({
    name: 'lead',
    delegates: [clerk],
    remit: [allow('note'), ask('touch')],
    model: playing((_task, results) =>
      results.length > 0
        ? results.join('\n')
        : NAMES.map((task) => ({ name: 'delegate', args: { agent: 'clerk', task } }))
    )
  })
}

function notes(task: string, about: readonly string[]): Move {
  return about.map((which) => ({ name: 'note', args: { what: `${task}: ${which}` } }))
}

function note(): Tool {
  return tool({
    name: 'note',
    description: 'Notes something, and says that it does.',
    effect: 'read',
    args: z.object({ what: z.string() }),
    async run({ what }, { progress }) {
      progress(`noting ${what}`)
      return `noted ${what}`
    }
  })
}
