import type { CallRecord } from '../../state/call-records.ts'
import type { Journal } from '../../state/journal.ts'
import type { IsPart } from './owners.ts'

export function callRows(isPart: IsPart) {
  const calls = new Map<string, CallRecord>()
  const keyOf = (key: { threadId: string; toolCallId: string }) => JSON.stringify([key.threadId, key.toolCallId])
  const started = () => [...calls.values()].filter((call) => call.status === 'started')

  return {
    async beginCall(call) {
      const known = calls.get(keyOf(call))
      if (known) return structuredClone(known)
      calls.set(keyOf(call), structuredClone({ ...call, status: 'started' }))
      return undefined
    },
    async finishCall({ result, at, ...key }) {
      const call = calls.get(keyOf(key))
      if (call?.status !== 'started') return
      calls.set(keyOf(key), structuredClone({ ...call, status: 'finished', result, finishedAt: at }))
    },
    async startedCalls(part = {}) {
      const found = started().filter(isPart(part))
      return structuredClone(found.sort((a, b) => a.startedAt - b.startedAt))
    }
  } satisfies Partial<Journal>
}
