import type { TurnResult } from '../../runtime/agent-runtime.ts'
import type { Ask } from '../../state/asks.ts'
import { counted, tokens } from './amounts.ts'
import { askLines } from './ask-lines.ts'
import { printable } from './printable.ts'
import { faint, plain, strong, type Toned } from './toned.ts'

/** A command as it is to be typed, its flags included. */
export type CommandText = (...words: string[]) => string

/** How a turn ended, and what can be done next. `waiting` are the asks that are open then. */
export function resultLines(
  { threadId, outcome, usage, waiting }: TurnResult & { waiting: readonly Ask[] },
  command: CommandText
): Toned[] {
  const about = faint(`thread ${threadId}  ${tokens(usage)}`)
  switch (outcome.status) {
    case 'completed':
      return [plain(printable(outcome.text)), plain(''), ...openAskLines(waiting, command), about]
    case 'asking':
      return [...openAskLines(waiting, command), about]
    case 'paused':
      return [plain(`paused; go on with: ${command('resume', threadId)}`), about]
    case 'cancelled':
      return [plain(`cancelled: ${printable(outcome.reason)}`), about]
    case 'failed':
      return [plain(`failed; once the cause is gone: ${command('resume', threadId)}`), about]
  }
}

/** Asks with the commands that answer them; nothing where there are none. */
export function openAskLines(asks: readonly Ask[], command: CommandText): Toned[] {
  if (asks.length === 0) return []
  const verb = asks.length === 1 ? 'waits' : 'wait'
  return [
    strong(`${counted(asks.length, 'ask')} ${verb} for a decision`),
    plain(''),
    ...asks.flatMap((ask) => withAnswers(ask, command))
  ]
}

function argsFor({ kind }: Ask): string {
  return kind === 'budget' ? '{"cap": N}' : 'JSON'
}

function withAnswers(ask: Ask, command: CommandText): Toned[] {
  const answers =
    ask.kind === 'input'
      ? [command('answer', ask.id, 'answer', '--value', 'TEXT')]
      : [command('answer', ask.id, 'approve'), command('answer', ask.id, 'edit', '--args', argsFor(ask))]
  const all = [...answers, command('answer', ask.id, 'reject', '--reason', 'TEXT')]
  return [...askLines(ask), ...all.map((line) => plain(`  ${line}`)), plain('')]
}
