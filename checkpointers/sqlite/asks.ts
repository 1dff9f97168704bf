import type { Database } from 'better-sqlite3'
import type { Journal } from '../../state/journal.ts'
import type { RowReader } from '../row-reader.ts'
import { ASKS, toJson } from '../rows.ts'
import type { Writes } from '../writes.ts'
import { belongsTo } from './owners.ts'

const OPEN_ASK = `
  insert into deputy_asks (id, root_thread_id, thread_id, status, ask, opened_at)
  values (@id, @rootThreadId, @threadId, 'open', @ask, @at)
  on conflict (id) do nothing
`
/** Compare and set in one statement: right between processes too. */
const DECIDE_ASK = `
  update deputy_asks set status = 'decided', decision = @decision, decided_by = @by, decided_at = @at
  where id = @id and status = 'open'
`
const TELL_ASK = "update deputy_asks set told = 1 where id = ? and status = 'decided' and told is null"
const WITHDRAW_ASKS = `
  update deputy_asks set status = 'withdrawn'
  where status = 'open' and thread_id in (select value from json_each(?))
`
const SELECT_ASKS = `
  select id, status, ask, root_thread_id as "rootThreadId", opened_at as "openedAt",
    decision, decided_by as "by", decided_at as "decidedAt"
  from deputy_asks
`
const ONE_ASK = `${SELECT_ASKS} where id = ?`
const SOME_ASKS = `${SELECT_ASKS} where id in (select value from json_each(?))`
const OPEN_ASKS = `${SELECT_ASKS} where status = 'open' order by opened_at, seq`
const OPEN_ASKS_OF = `${SELECT_ASKS} where status = 'open' and root_thread_id = ? order by opened_at, seq`
const OPEN_ASKS_FOR = `${SELECT_ASKS} where status = 'open' and ${belongsTo('deputy_asks')} order by opened_at, seq`

export function askRows(db: Database, read: RowReader) {
  const open = db.prepare(OPEN_ASK)
  const tell = db.prepare(TELL_ASK)
  const decide = db.prepare(DECIDE_ASK)
  const withdraw = db.prepare(WITHDRAW_ASKS)
  const byId = db.prepare(ONE_ASK)
  const byIds = db.prepare(SOME_ASKS)
  const allOpen = db.prepare(OPEN_ASKS)
  const openOf = db.prepare(OPEN_ASKS_OF)
  const openFor = db.prepare(OPEN_ASKS_FOR)

  const writes = {
    ask({ ask, rootThreadId, at }) {
      const text = read.close(toJson(ask), { of: ASKS, row: ask, column: 'ask' })
      return open.run({ id: ask.id, rootThreadId, threadId: ask.threadId, ask: text, at }).changes === 1
    },
    told: ({ askId }) => tell.run(askId).changes === 1
  } satisfies Partial<Writes<boolean>>

  const rows = {
    openAsk: async (opening) => writes.ask(opening),
    ask: async (askId) => read.one(ASKS, byId.get(askId)),
    async openAsks({ rootThreadId, principal } = {}) {
      if (rootThreadId !== undefined) return read.all(ASKS, openOf.all(rootThreadId))
      return read.all(ASKS, principal === undefined ? allOpen.all() : openFor.all(principal))
    },
    asks: async (askIds) => byIds.all(JSON.stringify(askIds)).flatMap((row) => read.one(ASKS, row) ?? []),
    async decideAsk(askId, { decision, by, at }) {
      const row = { id: askId }
      const decided = read.close(toJson(decision), { of: ASKS, row, column: 'decision' })
      const decider = read.close(toJson(by), { of: ASKS, row, column: 'by' })
      return decide.run({ id: askId, decision: decided, by: decider, at }).changes === 1
    },
    withdrawAsks: async (threadIds) => void withdraw.run(JSON.stringify(threadIds))
  } satisfies Partial<Journal>
  return { rows, writes }
}
