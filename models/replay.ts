import type { BaseChatModel } from '@langchain/core/language_models/chat_models'
import { canonical } from '../state/canonical.ts'
import { RuntimeError } from '../state/errors.ts'
import { AnsweringModel } from './answering-model.ts'
import { missMessage } from './miss.ts'
import { messageOfReply, type Recording, readRecordings } from './recording.ts'
import { requestOf } from './request.ts'

/**
 * A model that answers from a recording, offline. An equal request gets its recorded reply; equal requests get theirs in
 * recorded order, and the last one again, since a re-executed step asks again.
 * @throws RuntimeError REPLAY_MISS, when asked for what was not recorded, with the first difference
 */
export function replay(path: string): BaseChatModel {
  const recordings = readRecordings(path)
  const replies = new Map<string, { readonly recorded: Recording[]; served: number }>()
  for (const recording of recordings) {
    const key = canonical(recording.request)
    const same = replies.get(key)
    if (same) same.recorded.push(recording)
    else replies.set(key, { recorded: [recording], served: 0 })
  }

  return new AnsweringModel(async (messages, { tools }) => {
    const request = requestOf(messages, tools)
    const found = replies.get(canonical(request))
    if (!found) throw new RuntimeError('REPLAY_MISS', missMessage(path, { request, recordings }))
    const recording = found.recorded[found.served] ?? found.recorded.at(-1)!
    found.served++
    return messageOfReply(recording.reply)
  })
}
