// A tree three levels deep and three wide: root → 3 leads → 9 leaves. A leaf's task is a word; it touches each letter of
// its word, all in one message, and each touch needs somebody's permission.
import { defineAgent } from '../../prebuilt/define-agent.ts'
import { ask } from '../../state/remit.ts'
import type { Tool } from '../../tools/tool.ts'
import { playing } from '../support/script.ts'

/** The words of each lead. No letter comes twice, so that an effect says whose it is. */
const WORDS = [
  ['ab', 'cd', 'ef'],
  ['gh', 'ij', 'kl'],
  ['mn', 'op', 'qr']
] as const

/** What the root is told. */
export const BROAD_TASK = WORDS.map((words) => words.join(' ')).join('|')

/** What is touched, in the order of the calls. */
export const LETTERS: readonly string[] = WORDS.flat().flatMap((word) => [...word])

export function broadTree(touch: Tool) {
  const remit = [ask(touch.name)]
  const leaf = defineAgent({
    name: 'leaf',
    tools: [touch],
    remit,
    model: playing((task, results) =>
      results.length > 0 ? saidOf(task, results) : [...task].map((what) => ({ name: touch.name, args: { what } }))
    )
  })
  const lead = defineAgent({ name: 'lead', remit, delegates: [leaf], model: delegating('leaf', ' ') })
  return defineAgent({ name: 'root', remit, delegates: [lead], model: delegating('lead', '|') })
}

/** What the root says in the end, given the result of each touch. */
export function broadResult(resultOf: (letter: string) => string): string {
  return WORDS.flat()
    .map((word) => saidOf(word, [...word].map(resultOf)))
    .join('\n')
}

function saidOf(word: string, results: readonly string[]): string {
  return `${word}: ${results.join('; ')}`
}

function delegating(agent: string, separator: string) {
  return playing((task, results) => {
    if (results.length > 0) return results.join('\n')
    return task.split(separator).map((part) => ({ name: 'delegate', args: { agent, task: part } }))
  })
}
