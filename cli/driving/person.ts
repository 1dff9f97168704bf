import type { Ask } from '../../state/asks.ts'
import { unreachable } from '../../state/errors.ts'
import { askLines } from '../view/ask-lines.ts'
import { faint, type Toned, wrong } from '../view/toned.ts'
import type { Decide } from './decide.ts'
import { editedArgs, keysFor, replyOf } from './reply.ts'

/** Puts lines before the person and gives what they typed; undefined where they went, or the signal said to stop. */
export type Question = (
  lines: readonly Toned[],
  about: { prefill?: string; signal: AbortSignal }
) => Promise<string | undefined>

/** A person at the keyboard: asked again until the answer can be understood. */
export function person(question: Question): Decide {
  return async (ask, { signal, refused }) => {
    let problem = refused
    while (true) {
      const words = await question(shown(ask, { problem, keys: keysFor(ask) }), { signal })
      if (words === undefined) return undefined
      const reply = replyOf(words, ask)
      switch (reply.kind) {
        case 'decision':
          return reply.decision
        case 'problem':
          problem = reply.problem
          break
        case 'edit': {
          const prefill = JSON.stringify(ask.args)
          const typed = await question(shown(ask, { keys: 'the arguments as JSON; an empty line goes back' }), {
            prefill,
            signal
          })
          if (typed === undefined) return undefined
          const edited = typed.trim() === '' ? { problem: undefined } : editedArgs(typed)
          if ('args' in edited) return { kind: 'edit', args: edited.args }
          problem = edited.problem
          break
        }
        default:
          return unreachable(reply)
      }
    }
  }
}

function shown(ask: Ask, { problem, keys }: { problem?: string | undefined; keys: string }): Toned[] {
  return [...askLines(ask), ...(problem === undefined ? [] : [wrong(problem)]), faint(keys)]
}
