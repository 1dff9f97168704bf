// A model that does whatever it reads: the last result that says `DO name {"its": "arguments"}` becomes its next call, once.

import type { BaseChatModel } from '@langchain/core/language_models/chat_models'
import type { BaseMessage } from '@langchain/core/messages'
import { isToolMessage } from '@langchain/core/messages'
import { z } from 'zod'
import { beginsTurn } from '../../state/messages.ts'
import { enveloped } from '../../tools/envelope.ts'
import { type Tool, tool } from '../../tools/tool.ts'
import { type Move, playing } from './script.ts'

type Calls = Exclude<Move, string>

/** It begins with what `first` makes of its task, and ends with the last result once no order is left. */
export function obedient(first: (task: string) => Move): BaseChatModel {
  return playing((task, results, messages) => {
    if (results.length === 0) {
      const ordered = orderIn(task)
      return ordered ?? first(task)
    }
    const told = orderIn(results.at(-1)!)
    return told && !wasDone(told, messages) ? told : results.at(-1)!
  })
}

export function order(name: string, args: Record<string, unknown>): string {
  return `DO ${name} ${JSON.stringify(args)}`
}

function orderIn(text: string): Calls | undefined {
  const found = /DO (\w+) (\{.*?\})(?!\})/.exec(text)
  return found ? [{ name: found[1]!, args: JSON.parse(found[2]!) as Record<string, unknown> }] : undefined
}

function wasDone([call]: Calls, messages: readonly BaseMessage[]): boolean {
  return messages
    .slice(messages.findLastIndex(beginsTurn))
    .some((message) => isToolMessage(message) && message.name === call!.name)
}

/** A tool that reads what a stranger wrote. */
export function stranger(text: string, { name = 'page' } = {}): Tool {
  const from = 'the web'
  return tool({
    name,
    description: 'Reads a page.',
    effect: 'read',
    args: z.object({}),
    run: async () => ({ output: enveloped(text, { from }), untrusted: from })
  })
}
