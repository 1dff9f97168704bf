// Questions up the ladder: an agent asks for words where it would otherwise guess.
import type { ToolMessage } from '@langchain/core/messages'
import type { Ask } from '../state/asks.ts'
import type { Call } from '../state/calls.ts'
import type { World } from '../state/context.ts'
import type { Decision } from '../state/decisions.ts'
import { askIdOf } from '../state/ids.ts'
import { argsHash } from '../tools/args-hash.ts'
import { refusal, resultMessage } from './results.ts'

/** What is asked where a call is a question. */
export function questionFor({ id, name, args }: Call, { threadId, path }: World): Ask {
  return {
    id: askIdOf(threadId, id),
    kind: 'input',
    path,
    threadId,
    toolCallId: id,
    tool: name,
    args,
    argsHash: argsHash(args),
    reason: 'it wants to know before it goes on'
  }
}

/** The answer as the result of the call. */
export function answerOf(call: Call, decision: Decision): ToolMessage {
  switch (decision.kind) {
    case 'answer':
      return said(call, typeof decision.value === 'string' ? decision.value : JSON.stringify(decision.value))
    case 'edit':
      return said(call, JSON.stringify(decision.args))
    case 'approve':
      return said(call, 'Yes.')
    case 'reject':
      return refusal(call, { code: 'REJECTED', message: decision.reason || UNANSWERED })
  }
}

const UNANSWERED = 'nobody answers this; go on with what you know, or end and say what is missing'

function said(call: Call, output: string): ToolMessage {
  return resultMessage(call, { ok: true, output })
}
