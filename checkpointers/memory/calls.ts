import { type CallRecord, isUnknown } from '../../state/call-records.ts'
import type { Journal } from '../../state/journal.ts'
import type { Writes } from '../writes.ts'
import type { IsPart } from './owners.ts'

export function callRows(isPart: IsPart) {
  const calls = new Map<string, CallRecord>()
  const keyOf = (key: { threadId: string; toolCallId: string }) => JSON.stringify([key.threadId, key.toolCallId])
  const those =
    (is: (call: CallRecord) => boolean): Journal['startedCalls'] =>
    async (part = {}) => {
      const found = [...calls.values()].filter(is).filter(isPart(part))
      return structuredClone(found.sort((a, b) => a.startedAt - b.startedAt))
    }

  const writes = {
    'call.begun'({ call }) {
      if (calls.has(keyOf(call))) return false
      calls.set(keyOf(call), structuredClone({ ...call, failures: 0, status: 'started' }))
      return true
    },
    'call.failed'({ call }) {
      const { failures } = calls.get(keyOf(call)) ?? { failures: 0 }
      calls.set(keyOf(call), structuredClone({ ...call, failures: failures + 1, status: 'started' }))
      return true
    },
    'call.finished'({ result, at, ...key }) {
      const call = calls.get(keyOf(key))
      if (call?.status !== 'started') return false
      calls.set(keyOf(key), structuredClone({ ...call, status: 'finished', result, finishedAt: at }))
      return true
    }
  } satisfies Partial<Writes<boolean>>

  const rows = {
    call: async (key) => structuredClone(calls.get(keyOf(key))),
    startedCalls: those(({ status, effect }) => status === 'started' && effect !== 'read'),
    unknownCalls: those((call) => call.status === 'finished' && isUnknown(call.result)),
    effectsOf: (rootThreadId) => those(({ effect }) => effect !== 'read')({ rootThreadId })
  } satisfies Partial<Journal>
  return { rows, writes, calls }
}
