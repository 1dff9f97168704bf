import type { Journal } from '../../state/journal.ts'
import { forget } from './forgetting.ts'

export function outputRows() {
  const outputs = new Map<string, string>()
  const keyOf = (key: { threadId: string; toolCallId: string }) => JSON.stringify([key.threadId, key.toolCallId])

  const rows = {
    put: async (output) => void outputs.set(keyOf(output), output.text),
    get: async (key) => outputs.get(keyOf(key))
  } satisfies Partial<Journal>
  const forgetOf = (threadId: string) => forget(outputs, (_, key) => JSON.parse(key)[0] === threadId)
  return { rows, forgetOf }
}
