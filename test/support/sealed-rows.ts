// Rows in the tables of the official savers as Deputy wrote them before it had tables of its own: sealed, each for its place.
import type { CheckpointTuple } from '@langchain/langgraph-checkpoint'
import { WRITES_IDX_MAP } from '@langchain/langgraph-checkpoint'
import Database from 'better-sqlite3'
import pg from 'pg'
import { type Serializer, serializer } from '../../checkpointers/serializer.ts'
import { storeKey } from '../../checkpointers/store-key.ts'
import { officialSaver } from './official-savers.ts'

type Insert = (table: string, row: Record<string, unknown>) => Promise<void>

/** Puts checkpoints, with their writes, where and how an earlier Deputy did. */
export async function writeSealedRows(
  url: string,
  { tuples, key }: { tuples: readonly CheckpointTuple[]; key?: string }
): Promise<void> {
  const serde = serializer({ key: storeKey(key) })
  const { saver, close } = await officialSaver(url)
  await saver.getTuple({ configurable: { thread_id: 'none' } }).finally(close) // makes the tables
  const [insert, end] = url.startsWith('sqlite:') ? sqliteInsert(url) : await postgresInsert(url)
  const rowsOf = url.startsWith('sqlite:') ? sqliteRows : postgresRows
  for (const tuple of tuples) for (const [table, row] of rowsOf(tuple, serde)) await insert(table, row)
  await end()
}

function keyOf({ config, parentConfig, checkpoint }: CheckpointTuple) {
  const { thread_id, checkpoint_ns } = config.configurable as { thread_id: string; checkpoint_ns: string }
  const parent: string | null = parentConfig?.configurable?.checkpoint_id ?? null
  return { thread_id, checkpoint_ns, checkpoint_id: checkpoint.id, parent_checkpoint_id: parent }
}

function writesOf(tuple: CheckpointTuple) {
  const { parent_checkpoint_id: _, ...key } = keyOf(tuple)
  const next = new Map<string, number>()
  return (tuple.pendingWrites ?? []).map(([task_id, channel, value]) => {
    const nth = next.get(task_id) ?? 0
    next.set(task_id, nth + 1)
    return { row: { ...key, task_id, idx: WRITES_IDX_MAP[channel] ?? nth, channel }, value }
  })
}

function sqliteRows(tuple: CheckpointTuple, serde: Serializer): [string, Record<string, unknown>][] {
  const key = keyOf(tuple)
  const placeOf = (column: string) => ['checkpoints', ...Object.values(key), column]
  const checkpoint = serde.dump(tuple.checkpoint, placeOf('checkpoint'))
  const metadata = serde.dump(tuple.metadata, placeOf('metadata'))
  const writes = writesOf(tuple).map(({ row, value }): [string, Record<string, unknown>] => [
    'writes',
    { ...row, type: 'deputy', value: serde.dump(value, ['writes', ...Object.values(row)]) }
  ])
  return [['checkpoints', { ...key, type: 'deputy', checkpoint, metadata }], ...writes]
}

function postgresRows(tuple: CheckpointTuple, serde: Serializer): [string, Record<string, unknown>][] {
  const key = keyOf(tuple)
  const { channel_values: values, ...own } = tuple.checkpoint
  const { v, channel_versions: versions } = own
  const placeOf = (column: string) => ['checkpoints', ...Object.values(key), column]
  const sealed = { ...own, channels: Object.keys(values) }
  const checkpoint = { v, channel_versions: versions, deputy: serde.dump(sealed, placeOf('checkpoint')).toString() }
  const metadata = { deputy: serde.dump(tuple.metadata, placeOf('metadata')).toString() }
  const blobs = Object.entries(values).map(([channel, value]): [string, Record<string, unknown>] => {
    const row = {
      thread_id: key.thread_id,
      checkpoint_ns: key.checkpoint_ns,
      channel,
      version: String(versions[channel])
    }
    const blob = serde.dump(value, ['checkpoint_blobs', ...Object.values(row)])
    return ['checkpoint_blobs', { ...row, type: 'deputy', blob }]
  })
  const writes = writesOf(tuple).map(({ row, value }): [string, Record<string, unknown>] => [
    'checkpoint_writes',
    { ...row, type: 'deputy', blob: serde.dump(value, ['checkpoint_writes', ...Object.values(row)]) }
  ])
  const json = { checkpoint: JSON.stringify(checkpoint), metadata: JSON.stringify(metadata) }
  return [...blobs, ['checkpoints', { ...key, ...json }], ...writes]
}

function sqliteInsert(url: string): [Insert, () => Promise<void>] {
  const db = new Database(url.slice('sqlite:'.length))
  const insert: Insert = async (table, row) => {
    const columns = Object.keys(row)
    db.prepare(`insert into ${table} (${columns}) values (${columns.map((name) => `@${name}`)})`).run(row)
  }
  return [insert, async () => void db.close()]
}

async function postgresInsert(url: string): Promise<[Insert, () => Promise<void>]> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  const insert: Insert = async (table, row) => {
    const columns = Object.keys(row)
    const values = columns.map((_, at) => `$${at + 1}`)
    const sql = `insert into public.${table} (${columns}) values (${values}) on conflict do nothing`
    await client.query(sql, Object.values(row))
  }
  return [insert, () => client.end()]
}
