import type { ClientBase, Pool } from 'pg'
import type { Journal } from '../../state/journal.ts'
import type { RowReader } from '../row-reader.ts'
import { ASKS, toJson } from '../rows.ts'
import type { Writes } from '../writes.ts'
import { belongsTo } from './owners.ts'

const OPEN_ASK = `
  insert into deputy_asks (id, root_thread_id, thread_id, status, ask, opened_at)
  values ($1, $2, $3, 'open', $4, $5)
  on conflict (id) do nothing
`
/** Compare and set in one statement: right between processes too. */
const DECIDE_ASK = `
  update deputy_asks set status = 'decided', decision = $2, decided_by = $3, decided_at = $4
  where id = $1 and status = 'open'
`
const TELL_ASK = "update deputy_asks set told = 1 where id = $1 and status = 'decided' and told is null"
const WITHDRAW_ASKS = "update deputy_asks set status = 'withdrawn' where status = 'open' and thread_id = any ($1)"
const SELECT_ASKS = `
  select id, status, ask, root_thread_id as "rootThreadId", opened_at as "openedAt",
    decision, decided_by as "by", decided_at as "decidedAt"
  from deputy_asks
`
const ONE_ASK = `${SELECT_ASKS} where id = $1`
const SOME_ASKS = `${SELECT_ASKS} where id = any ($1)`
const OPEN_ASKS = `${SELECT_ASKS} where status = 'open' order by opened_at, seq`
const OPEN_ASKS_OF = `${SELECT_ASKS} where status = 'open' and root_thread_id = $1 order by opened_at, seq`
const OPEN_ASKS_FOR = `${SELECT_ASKS} where status = 'open' and ${belongsTo('deputy_asks')} order by opened_at, seq`

export function askRows(pool: Pool, read: RowReader) {
  const select = async (sql: string, values: unknown[]) => (await pool.query<object>(sql, values)).rows

  const writes = {
    async ask({ ask, rootThreadId, at }, on) {
      const text = read.close(toJson(ask), { of: ASKS, row: ask, column: 'ask' })
      const { rowCount } = await on.query(OPEN_ASK, [ask.id, rootThreadId, ask.threadId, text, at])
      return rowCount === 1
    },
    async told({ askId }, on) {
      const { rowCount } = await on.query(TELL_ASK, [askId])
      return rowCount === 1
    }
  } satisfies Partial<Writes<Promise<boolean>, [on: Pool | ClientBase]>>

  const rows = {
    openAsk: async (opening) => writes.ask(opening, pool),
    ask: async (askId) => read.one(ASKS, (await select(ONE_ASK, [askId]))[0]),
    async openAsks({ rootThreadId, principal } = {}) {
      if (rootThreadId !== undefined) return read.all(ASKS, await select(OPEN_ASKS_OF, [rootThreadId]))
      const opened = principal === undefined ? select(OPEN_ASKS, []) : select(OPEN_ASKS_FOR, [principal])
      return read.all(ASKS, await opened)
    },
    asks: async (askIds) => (await select(SOME_ASKS, [askIds])).flatMap((row) => read.one(ASKS, row) ?? []),
    async decideAsk(askId, { decision, by, at }) {
      const row = { id: askId }
      const decided = read.close(toJson(decision), { of: ASKS, row, column: 'decision' })
      const decider = read.close(toJson(by), { of: ASKS, row, column: 'by' })
      const { rowCount } = await pool.query(DECIDE_ASK, [askId, decided, decider, at])
      return rowCount === 1
    },
    async withdrawAsks(threadIds) {
      await pool.query(WITHDRAW_ASKS, [threadIds])
    }
  } satisfies Partial<Journal>
  return { rows, writes }
}
