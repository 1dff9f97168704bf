import type { Ask } from '../../state/asks.ts'
import type { Decision } from '../../state/decisions.ts'
import { unreachable } from '../../state/errors.ts'
import type { Lesson } from '../../state/explanation.ts'
import { askLines } from '../view/ask-lines.ts'
import { oneLine } from '../view/printable.ts'
import { ruleLine } from '../view/rule-line.ts'
import { faint, plain, type Toned, wrong } from '../view/toned.ts'
import type { Decide } from './decide.ts'
import { editedArgs, keysFor, replyOf } from './reply.ts'

/** Puts lines before the person and gives what they typed; undefined where they went, or the signal said to stop. */
export type Question = (
  lines: readonly Toned[],
  about: { prefill?: string; signal: AbortSignal }
) => Promise<string | undefined>

/** What an approval of an ask would teach about calls like it. */
export type LessonOf = (askId: string) => Promise<Lesson>

/** A person at the keyboard: asked again until the answer can be understood. */
export function person(question: Question, lessonOf: LessonOf): Decide {
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
        case 'edit':
        case 'similar': {
          const more = await (reply.kind === 'edit' ? edited(ask, signal) : similar(ask, signal))
          if (more === undefined) return undefined
          if ('decision' in more) return more.decision
          problem = more.problem
          break
        }
        default:
          return unreachable(reply)
      }
    }
  }

  async function edited(ask: Ask, signal: AbortSignal): Promise<Further> {
    const prefill = JSON.stringify(ask.args)
    const keys = 'the arguments as JSON; an empty line goes back'
    const typed = await question(shown(ask, { keys }), { prefill, signal })
    if (typed === undefined) return undefined
    if (typed.trim() === '') return BACK
    const changed = editedArgs(typed)
    return 'args' in changed ? { decision: { kind: 'edit', args: changed.args } } : changed
  }

  /** What is learned is seen before it is taken. */
  async function similar(ask: Ask, signal: AbortSignal): Promise<Further> {
    const lesson = await lessonOf(ask.id)
    if (!lesson.ok) return { problem: `nothing is learned from this call: ${lesson.reason}` }
    const { rules } = lesson
    const learned = rules.map((rule) => plain(`  for the session: ${oneLine(ruleLine(rule))}`))
    const keys = 'y approve, and calls like it; an empty line goes back'
    const typed = await question([...askLines(ask), ...learned, faint(keys)], { signal })
    if (typed === undefined) return undefined
    if (!/^y(es)?$/i.test(typed.trim())) return BACK
    return { decision: { kind: 'approve', scope: 'session', rules } }
  }
}

/** What came of a second question; undefined where the person went. */
type Further = { readonly decision: Decision } | { readonly problem: string | undefined } | undefined

const BACK = { problem: undefined }

function shown(ask: Ask, { problem, keys }: { problem?: string | undefined; keys: string }): Toned[] {
  return [...askLines(ask), ...(problem === undefined ? [] : [wrong(problem)]), faint(keys)]
}
