import type { Pool } from 'pg'
import type { Journal } from '../../state/journal.ts'
import { askOf, toJson } from '../rows.ts'

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
const WITHDRAW_ASKS = "update deputy_asks set status = 'withdrawn' where status = 'open' and thread_id = any ($1)"
const SELECT_ASKS = `
  select status, ask, root_thread_id as "rootThreadId", opened_at as "openedAt",
    decision, decided_by as "by", decided_at as "decidedAt"
  from deputy_asks
`
const ASK = `${SELECT_ASKS} where id = $1`
const ASKS = `${SELECT_ASKS} where id = any ($1)`
const OPEN_ASKS = `${SELECT_ASKS} where status = 'open' order by opened_at, seq`
const OPEN_ASKS_OF = `${SELECT_ASKS} where status = 'open' and root_thread_id = $1 order by opened_at, seq`

export function askRows(pool: Pool) {
  const select = async (sql: string, values: unknown[]) => (await pool.query<object>(sql, values)).rows.map(askOf)

  return {
    async openAsk({ ask, rootThreadId, at }) {
      const { rowCount } = await pool.query(OPEN_ASK, [ask.id, rootThreadId, ask.threadId, toJson(ask), at])
      return rowCount === 1
    },
    ask: async (askId) => (await select(ASK, [askId]))[0],
    async openAsks({ rootThreadId } = {}) {
      return rootThreadId === undefined ? select(OPEN_ASKS, []) : select(OPEN_ASKS_OF, [rootThreadId])
    },
    asks: async (askIds) => select(ASKS, [askIds]),
    async decideAsk(askId, { decision, by, at }) {
      const { rowCount } = await pool.query(DECIDE_ASK, [askId, toJson(decision), toJson(by), at])
      return rowCount === 1
    },
    async withdrawAsks(threadIds) {
      await pool.query(WITHDRAW_ASKS, [threadIds])
    }
  } satisfies Partial<Journal>
}
