import { statSync } from 'node:fs'
import type { Database as Connection } from 'better-sqlite3'
import { RuntimeError } from '../../state/errors.ts'
import type { SharingSaver } from '../sharing/saver.ts'
import { type Bytes, type Database, type Looking, OFFICIAL_TABLES, type Row, SOME_ROWS } from '../whole/database.ts'
import { begin } from './begin.ts'
import { checkpointTables } from './checkpoint-tables.ts'
import { groupCommit } from './group-commit.ts'

const NAMES = String.raw`select name from sqlite_master where type = 'table' and name like 'deputy\_%' escape '\'`
const SIZES = `
  select m.tbl_name as "table", sum(s.pgsize) as bytes from dbstat s join sqlite_master m on m.name = s.name
  where s.aggregate = true group by m.tbl_name
`
const PLACE = 'deputy_row'
const COLUMNS = 'select name, pk, type from pragma_table_info(?)'

interface Options {
  readonly newSaver: () => SharingSaver
  readonly patienceMs: number
}

/** A file that has all tables, on the connection of its store. */
export function sqliteDatabase(db: Connection, { newSaver, patienceMs }: Options): Database {
  const looking: Looking = {
    tables: checkpointTables(db, groupCommit(db)),
    query: async <Found extends object>(sql: string) => db.prepare<[], Found>(sql).all(),
    rows: (table) => rowsOf(db, table),
    names: async () => db.prepare<[], string>(NAMES).pluck().all()
  }
  const insert = async (table: string, rows: readonly Row[]) => {
    for (const row of rows) insertRow(db, { table, row })
  }
  return {
    async look(work) {
      db.exec('begin')
      return ending(db, () => work(looking))
    },
    async write(work) {
      await begin(db, { patienceMs })
      return ending(db, () => work({ ...looking, insert, newSaver }))
    },
    bytes: async () => bytesOf(db)
  }
}

async function ending<T>(db: Connection, work: () => Promise<T>): Promise<T> {
  try {
    const done = await work()
    db.exec('commit')
    return done
  } catch (thrown) {
    if (db.inTransaction) db.exec('rollback')
    throw thrown
  }
}

async function* rowsOf(db: Connection, table: string): AsyncGenerator<readonly Row[]> {
  const some = db.prepare<[number], Row & { [PLACE]: number }>(
    `select rowid as ${PLACE}, * from ${table} where rowid > ? order by rowid limit ${SOME_ROWS}`
  )
  for (let last = 0; ; ) {
    const found = some.all(last)
    if (found.length > 0) yield found.map(({ [PLACE]: _, ...row }) => row)
    if (found.length < SOME_ROWS) return
    last = found.at(-1)![PLACE]
  }
}

function insertRow(db: Connection, { table, row }: { table: string; row: Row }): void {
  const known = db.prepare<[string], { name: string; pk: number; type: string }>(COLUMNS).all(table)
  const keys = known.filter(({ pk }) => pk > 0)
  const own = keys.length === 1 && keys[0]!.type === 'integer' ? keys[0]!.name : undefined
  const names = Object.keys(row).filter((name) => name !== own)
  const stranger = names.find((name) => known.every((column) => column.name !== name))
  if (stranger !== undefined)
    throw new RuntimeError('BAD_STORE', `${table} has no column ${stranger} here: use a newer Deputy`)
  const values = names.map((name) => (typeof row[name] === 'boolean' ? Number(row[name]) : row[name]))
  db.prepare(`insert into ${table} (${names}) values (${names.map(() => '?')})`).run(values)
}

function bytesOf(db: Connection): Bytes {
  const isOurs = ({ table }: { table: string }) =>
    table.startsWith('deputy_') || (OFFICIAL_TABLES as readonly string[]).includes(table)
  const tables = db.prepare<[], { table: string; bytes: number }>(SIZES).all().filter(isOurs)
  const pages = Number(db.pragma('page_count', { simple: true })) * Number(db.pragma('page_size', { simple: true }))
  const wal = statSync(`${db.name}-wal`, { throwIfNoEntry: false })?.size ?? 0
  return { onDisk: pages + wal, tables }
}
