import type { Ask } from '../../state/asks.ts'
import type { Decision } from '../../state/decisions.ts'
import { messageOf } from '../../state/errors.ts'

/** What a person typed when they were asked. */
export type Reply =
  | { kind: 'decision'; decision: Decision }
  /** They want to change the arguments and have not said how. */
  | { kind: 'edit' }
  /** They want calls like it allowed too, and have not seen yet which those are. */
  | { kind: 'similar' }
  | { kind: 'problem'; problem: string }

export function keysFor({ kind }: Ask): string {
  if (kind === 'input') return 'type the answer, or n [reason] to give none; Ctrl-D leaves it open'
  if (kind === 'budget') return 'y as much again · a number: the new cap · n [reason] no more; Ctrl-D leaves it open'
  return 'y approve · n [reason] reject · e edit the arguments · s approve for the session · l calls like it too; Ctrl-D leaves it open'
}

export function replyOf(words: string, ask: Ask): Reply {
  const typed = words.trim()
  const [key = '', ...others] = typed.split(/\s+/)
  const rest = typed.slice(key.length).trim()
  if (/^(n|no)$/i.test(key)) return { kind: 'decision', decision: { kind: 'reject', reason: rest } }
  if (ask.kind === 'input') return answer(typed)
  if (ask.kind === 'budget') return more(typed)
  if (/^e(dit)?$/i.test(key)) return rest === '' ? { kind: 'edit' } : editing(rest)
  if (others.length > 0) return { kind: 'problem', problem: `"${key}" takes no words; only n takes a reason` }
  if (/^(y|yes)$/i.test(key)) return { kind: 'decision', decision: { kind: 'approve', scope: 'once' } }
  if (/^s(ession)?$/i.test(key)) return { kind: 'decision', decision: { kind: 'approve', scope: 'session' } }
  if (/^l(ike)?$/i.test(key)) return { kind: 'similar' }
  return { kind: 'problem', problem: typed === '' ? 'nothing is decided yet' : `"${typed}" is none of y, n, e, s, l` }
}

/** Arguments as a person wrote them. */
export function editedArgs(json: string): { args: Record<string, unknown> } | { problem: string } {
  try {
    const args: unknown = JSON.parse(json)
    if (typeof args === 'object' && args !== null && !Array.isArray(args))
      return { args: args as Record<string, unknown> }
    return { problem: 'arguments are a JSON object, e.g. {"path": "README.md"}' }
  } catch (error) {
    return { problem: `this is not JSON: ${messageOf(error)}` }
  }
}

function editing(json: string): Reply {
  const edited = editedArgs(json)
  if ('problem' in edited) return { kind: 'problem', problem: edited.problem }
  return { kind: 'decision', decision: { kind: 'edit', args: edited.args } }
}

function more(typed: string): Reply {
  if (/^(y|yes)$/i.test(typed)) return { kind: 'decision', decision: { kind: 'approve', scope: 'once' } }
  if (/^\d+(\.\d+)?$/.test(typed)) return { kind: 'decision', decision: { kind: 'edit', args: { cap: Number(typed) } } }
  return { kind: 'problem', problem: typed === '' ? 'nothing is decided yet' : `"${typed}" is none of y, n, a number` }
}

function answer(typed: string): Reply {
  if (typed === '') return { kind: 'problem', problem: 'nothing is answered yet' }
  return { kind: 'decision', decision: { kind: 'answer', value: typed } }
}
