import type { ClientBase, Pool, QueryConfig, QueryResult, QueryResultRow } from 'pg'
import { despiteDeadlocks } from './deadlocks.ts'
import { inTransaction } from './transaction.ts'

/** Where statements go: to any connection of a pool, or to one that is in a transaction already. */
export interface Connection {
  query<Row extends QueryResultRow>(sql: string, values?: unknown[]): Promise<QueryResult<Row>>
  /** One statement, all of it or nothing. */
  statement(sql: QueryConfig): Promise<QueryResult>
  /** All that is done on the client, or nothing of it. */
  transaction<T>(work: (client: ClientBase) => Promise<T>): Promise<T>
}

export function anyOf(pool: Pool): Connection {
  return {
    query: (sql, values) => pool.query(sql, values),
    statement: (sql) => despiteDeadlocks(() => pool.query(sql)),
    async transaction(work) {
      const client = await pool.connect()
      try {
        return await despiteDeadlocks(() => inTransaction(client, () => work(client)))
      } finally {
        client.release()
      }
    }
  }
}

/** On a client whose transaction goes on whatever becomes of a part of it. */
export function within(client: ClientBase): Connection {
  async function transaction<T>(work: (on: ClientBase) => Promise<T>): Promise<T> {
    await client.query('savepoint part')
    try {
      const done = await work(client)
      await client.query('release savepoint part')
      return done
    } catch (thrown) {
      await client.query('rollback to savepoint part')
      throw thrown
    }
  }
  return {
    query: (sql, values) => client.query(sql, values),
    statement: (sql) => transaction((on) => on.query(sql)),
    transaction
  }
}
