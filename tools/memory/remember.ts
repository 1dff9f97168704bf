import { z } from 'zod'
import { argsHash } from '../args-hash.ts'
import { type Tool, tool } from '../tool.ts'
import { type Memory, type MemoryInit, namespaceOf, storeOf } from './namespace.ts'

/** Keeps something beyond the thread. Repeated after a crash it is kept once. */
export function rememberTool(init: MemoryInit = {}): Tool {
  return tool({
    name: 'remember',
    description:
      'Keeps a fact for later conversations: what somebody prefers, what was decided, what was found out with effort. One fact at ' +
      'a time, understandable by itself. No secrets.',
    effect: 'idempotent',
    args: z.object({
      text: z.string().regex(/\S/, 'Say what is to be remembered').max(4000),
      key: z.string().min(1).max(200).optional().describe('takes the place of what was remembered under the same key')
    }),
    async run({ text, key }, run) {
      const id = key ?? argsHash(run.idempotencyKey).slice(0, 16)
      const memory: Memory = { text, threadId: run.threadId, callId: run.callId, at: run.clock.now() }
      await storeOf(run, init).put(namespaceOf(run, init), id, { ...memory })
      return `remembered under "${id}"`
    }
  })
}
