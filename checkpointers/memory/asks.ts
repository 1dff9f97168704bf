import type { AskRecord } from '../../state/asks.ts'
import type { Journal } from '../../state/journal.ts'
import type { Writes } from '../writes.ts'
import type { IsPart } from './owners.ts'

export function askRows(asks: Map<string, AskRecord>, isPart: IsPart) {
  const openRecords = () => [...asks.values()].filter((record) => record.status === 'open')

  const told = new Set<string>()

  const writes = {
    ask({ ask, rootThreadId, at }) {
      if (asks.has(ask.id)) return false
      asks.set(ask.id, structuredClone({ status: 'open', ask, rootThreadId, openedAt: at }))
      return true
    },
    told({ askId }) {
      if (told.has(askId) || asks.get(askId)?.status !== 'decided') return false
      told.add(askId)
      return true
    }
  } satisfies Partial<Writes<boolean>>

  const rows = {
    openAsk: async (opening) => writes.ask(opening),
    ask: async (askId) => structuredClone(asks.get(askId)),
    async openAsks(part = {}) {
      const found = openRecords().filter(isPart(part))
      return structuredClone(found.sort((a, b) => a.openedAt - b.openedAt))
    },
    async asks(askIds) {
      return structuredClone([...new Set(askIds)].flatMap((askId) => asks.get(askId) ?? []))
    },
    async decideAsk(askId, { decision, by, at }) {
      const record = asks.get(askId)
      if (record?.status !== 'open') return false
      asks.set(askId, structuredClone({ ...record, status: 'decided', decision, by, decidedAt: at }))
      return true
    },
    async withdrawAsks(threadIds) {
      for (const record of openRecords())
        if (threadIds.includes(record.ask.threadId)) asks.set(record.ask.id, { ...record, status: 'withdrawn' })
    }
  } satisfies Partial<Journal>
  return { rows, writes }
}
