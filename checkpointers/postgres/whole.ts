import pg, { type Pool, type PoolClient } from 'pg'
import { RuntimeError } from '../../state/errors.ts'
import type { SharingSaver } from '../sharing/saver.ts'
import type { CheckpointTables } from '../sharing/tables.ts'
import { type Database, type Looking, OFFICIAL_TABLES, type Row, SOME_ROWS } from '../whole/database.ts'
import { checkpointTables } from './checkpoint-tables.ts'
import { within } from './connection.ts'
import { inTransaction } from './transaction.ts'

const NAMES = String.raw`
  select tablename as name from pg_tables where schemaname = current_schema() and tablename like 'deputy\_%' order by 1
`
const SIZES = String.raw`
  select relname as "table", pg_total_relation_size(oid) as bytes from pg_class
  where relkind = 'r' and pg_table_is_visible(oid) and (relname like 'deputy\_%' or relname = any ($1)) order by 1
`
const ON_DISK = 'select pg_database_size(current_database()) as bytes'
const COLUMNS = `
  select column_name as name, is_identity = 'YES' as own from information_schema.columns
  where table_schema = current_schema() and table_name = $1
`
/** Numbers as numbers, whatever their size: ours are exact. */
const INT8 = 20
const types = {
  getTypeParser: ((oid: number, format?: 'text') =>
    oid === INT8 ? Number : pg.types.getTypeParser(oid, format)) as typeof pg.types.getTypeParser
}
/** Of one moment, for as long as it is looked at. */
const STAND_STILL = 'set transaction isolation level repeatable read read only'

interface Options {
  readonly newSaver: (tables: CheckpointTables) => SharingSaver
}

/** A database that has all tables, on the pool of its store. */
export function postgresDatabase(pool: Pool, { newSaver }: Options): Database {
  async function alone<T>(work: (client: PoolClient) => Promise<T>): Promise<T> {
    const client = await pool.connect()
    try {
      return await inTransaction(client, () => work(client))
    } finally {
      client.release()
    }
  }
  return {
    look: (work) =>
      alone(async (client) => {
        await client.query(STAND_STILL)
        return work(lookingAt(client))
      }),
    write: (work) =>
      alone((client) => {
        const looking = lookingAt(client)
        const insert = (table: string, rows: readonly Row[]) => insertRows(client, { table, rows })
        return work({ ...looking, insert, newSaver: () => newSaver(looking.tables) })
      }),
    async bytes() {
      const { rows: tables } = await pool.query({ text: SIZES, values: [OFFICIAL_TABLES], types })
      const { rows } = await pool.query({ text: ON_DISK, types })
      return { onDisk: rows[0].bytes, tables }
    }
  }
}

function lookingAt(client: PoolClient): Looking {
  const query = async <Found extends object>(text: string) => (await client.query<Found>({ text, types })).rows
  return {
    tables: checkpointTables(within(client)),
    query,
    rows: (table) => rowsOf(client, table),
    names: async () => (await query<{ name: string }>(NAMES)).map(({ name }) => name)
  }
}

async function* rowsOf(client: PoolClient, table: string): AsyncGenerator<readonly Row[]> {
  const own = (await columnsOf(client, table)).find((column) => column.own)
  const order = own ? `order by ${own.name}` : ''
  await client.query(`declare rows_of_${table} no scroll cursor for select * from ${table} ${order}`)
  for (;;) {
    const { rows } = await client.query<Row>({ text: `fetch ${SOME_ROWS} from rows_of_${table}`, types })
    if (rows.length > 0) yield rows
    if (rows.length < SOME_ROWS) break
  }
  await client.query(`close rows_of_${table}`)
}

async function columnsOf(client: PoolClient, table: string): Promise<{ name: string; own: boolean }[]> {
  return (await client.query<{ name: string; own: boolean }>(COLUMNS, [table])).rows
}

async function insertRows(client: PoolClient, { table, rows }: { table: string; rows: readonly Row[] }): Promise<void> {
  const known = await columnsOf(client, table)
  const own = known.find((column) => column.own)?.name
  const names = Object.keys(rows[0] ?? {}).filter((name) => name !== own)
  const stranger = names.find((name) => known.every((column) => column.name !== name))
  if (stranger !== undefined)
    throw new RuntimeError('BAD_STORE', `${table} has no column ${stranger} here: use a newer Deputy`)
  const sql = `insert into ${table} (${names}) select ${names} from jsonb_populate_recordset(null::${table}, $1::jsonb)`
  if (names.length > 0) await client.query(sql, [JSON.stringify(rows)])
}
