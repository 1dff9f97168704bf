// A tree three levels deep: lead → coder → tester. The lead's task names the testers' work, e.g. `a b c`: one coder and one
// tester for each word. A tester touches each letter of its word, and each touch needs somebody's permission.
import { defineAgent } from '../../prebuilt/define-agent.ts'
import type { Agent } from '../../runtime/agent.ts'
import { ask, type Rule } from '../../state/remit.ts'
import type { Tool } from '../../tools/tool.ts'
import { playing } from './script.ts'

export interface LadderInit {
  touch: Tool
  /** How each rung answers; by default each passes everything up. */
  lead?: { remit?: Rule[]; answers?: Rule[] }
  coder?: { remit?: Rule[]; answers?: Rule[] }
}

const upward = { remit: [ask('touch')], answers: [] }

export function ladder({ touch, lead = {}, coder = {} }: LadderInit): Agent {
  const tester = defineAgent({
    name: 'tester',
    tools: [touch],
    remit: [ask('touch')],
    model: playing((task, results) =>
      results.length > 0
        ? `tested ${task}: ${results.join('; ')}`
        : [...task].map((what) => ({ name: 'touch', args: { what } }))
    )
  })
  const coders = defineAgent({
    name: 'coder',
    ...upward,
    ...coder,
    delegates: [tester],
    model: playing((task, results) => results[0] ?? [{ name: 'delegate', args: { agent: 'tester', task } }])
  })
  return defineAgent({
    name: 'lead',
    ...upward,
    ...lead,
    delegates: [coders],
    model: playing((task, results) =>
      results.length > 0
        ? results.join('\n')
        : task.split(' ').map((word) => ({ name: 'delegate', args: { agent: 'coder', task: word } }))
    )
  })
}
