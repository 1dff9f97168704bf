import { createContext, Script } from 'node:vm'
import { messageOf, RuntimeError } from '../../state/errors.ts'
import { linesOf } from './lines.ts'

export interface FoundLine {
  /** Counted from 1. */
  readonly line: number
  /** Where in the line the match begins. */
  readonly at: number
  readonly text: string
}

/** The lines of a text that match, the first `max` of them; `name` is for the error. */
export type FindLines = (text: string, bounds: { name: string; max: number }) => FoundLine[]

/** How long one file may hold up everything else; an ordinary pattern needs a hundredth. */
const MAX_MS = 1000

/**
 * Finds lines by a regular expression, or by plain text.
 * @throws RuntimeError BAD_ARGUMENTS for one that is none, and while finding for one that backtracks without end
 */
export function finder(pattern: string, { literal }: { literal: boolean }): FindLines {
  if (literal) return (text, { max }) => linesWhere((line) => line.indexOf(pattern), text, max)
  const regex = compiled(pattern)
  const guarded = guard()
  return (text, { name, max }) => guarded(name, () => linesWhere((line) => line.search(regex), text, max))
}

function compiled(pattern: string): RegExp {
  try {
    return new RegExp(pattern)
  } catch (error) {
    throw new RuntimeError('BAD_ARGUMENTS', `${messageOf(error)}. For plain text set \`literal\``)
  }
}

function linesWhere(find: (line: string) => number, text: string, max: number): FoundLine[] {
  const found: FoundLine[] = []
  for (const [index, line] of linesOf(text).entries()) {
    const at = find(line)
    if (at >= 0) found.push({ line: index + 1, at, text: line })
    if (found.length === max) break
  }
  return found
}

const CALL = new Script('work()')

/** A regular expression cannot be interrupted from outside, save by the clock that node sets on a script. */
function guard() {
  const context = createContext({})
  return (name: string, work: () => FoundLine[]): FoundLine[] => {
    try {
      context.work = work
      return CALL.runInContext(context, { timeout: MAX_MS }) as FoundLine[]
    } catch (error) {
      // No instanceof: the error may come from the context's own realm.
      if ((error as NodeJS.ErrnoException).code !== 'ERR_SCRIPT_EXECUTION_TIMEOUT') throw error
      throw new RuntimeError(
        'BAD_ARGUMENTS',
        `the pattern does not come to an end on ${name}: make it simpler, or set \`literal\``
      )
    }
  }
}
