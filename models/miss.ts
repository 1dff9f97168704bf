import { canonical } from '../state/canonical.ts'
import type { Recording } from './recording.ts'
import type { Request, RequestMessage } from './request.ts'

/** Says how a request differs from the recorded one that is nearest: the one that it shares the most first messages with. */
export function missMessage(
  path: string,
  { request, recordings }: { request: Request; recordings: Recording[] }
): string {
  const nearest = nearestTo(request, recordings)
  if (!nearest) return `${path} holds no recorded reply`
  const { place, at } = nearest
  const recorded = nearest.recorded.messages[at]
  const actual = request.messages[at]
  if (!recorded && !actual)
    return `${path} holds no reply to this request; recorded reply ${place} has the same messages and other tools: recorded ${listed(nearest.recorded)}, asked ${listed(request)}`
  return [
    `${path} holds no reply to this request; nearest is recorded reply ${place}, which differs from message ${at} on`,
    `  recorded: ${shown(recorded, { beside: actual })}`,
    `  asked:    ${shown(actual, { beside: recorded })}`
  ].join('\n')
}

interface Nearest {
  readonly recorded: Request
  /** Its place in the recording, from 1. */
  readonly place: number
  /** The first message that differs. */
  readonly at: number
}

function nearestTo(request: Request, recordings: readonly Recording[]): Nearest | undefined {
  const asked = request.messages.map(canonical)
  let nearest: Nearest | undefined
  for (const [index, { request: recorded }] of recordings.entries()) {
    const at = sharedMessages(recorded.messages, asked)
    if (!nearest || at > nearest.at) nearest = { recorded, place: index + 1, at }
  }
  return nearest
}

function sharedMessages(recorded: readonly RequestMessage[], asked: readonly string[]): number {
  let shared = 0
  while (shared < recorded.length && shared < asked.length && canonical(recorded[shared]) === asked[shared]) shared++
  return shared
}

const SHOWN = 160

/** Role and words of a message, shortened around the place where it parts from the one beside it. */
function shown(message: RequestMessage | undefined, { beside }: { beside: RequestMessage | undefined }): string {
  if (!message) return '(no message: the conversation ends here)'
  const words = wordsOf(message)
  const parting = partingOf(words, beside ? wordsOf(beside) : '')
  const from = Math.max(0, parting - SHOWN / 2)
  const part = words.slice(from, from + SHOWN)
  return `${message.role}: ${from > 0 ? '…' : ''}${part}${from + SHOWN < words.length ? '…' : ''}`
}

function wordsOf({ role: _role, content, ...rest }: RequestMessage): string {
  const text = typeof content === 'string' ? content : canonical(content)
  return Object.keys(rest).length ? `${text} ${canonical(rest)}` : text
}

function partingOf(a: string, b: string): number {
  let at = 0
  while (at < a.length && a[at] === b[at]) at++
  return at
}

const listed = ({ tools }: Request): string => (tools.length ? tools.join(', ') : 'none')
