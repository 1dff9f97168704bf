import type { Journal } from '../../state/journal.ts'

export function outputRows() {
  const outputs = new Map<string, string>()
  const keyOf = (key: { threadId: string; toolCallId: string }) => JSON.stringify([key.threadId, key.toolCallId])

  return {
    put: async (output) => void outputs.set(keyOf(output), output.text),
    get: async (key) => outputs.get(keyOf(key))
  } satisfies Partial<Journal>
}
