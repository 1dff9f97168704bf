// Brings another store in, in one transaction: all of it, or nothing. Checkpoints are put, read again and compared; rows of the journal
// are copied as they are, but for what is hidden in them, which is closed anew. What is damaged stays behind, and is named.
import { RuntimeError } from '../../state/errors.ts'
import { type RowReader, rowReader } from '../row-reader.ts'
import type { Keys } from '../sharing/sealing.ts'
import type { ListName } from '../sharing/shelf.ts'
import { bringOver } from '../sharing/take-over.ts'
import type { Database, Row, Writing } from './database.ts'
import { kindOf, nameOf, readable } from './journal-tables.ts'
import type { Offered, Source } from './source.ts'

export interface BroughtIn {
  readonly threads: number
  readonly checkpoints: number
  readonly writes: number
  /** Of the journal. */
  readonly rows: number
  /** Pending writes that stayed behind: their checkpoints are not there. */
  readonly unplaced: number
  /** What stayed behind because it is damaged, by name. */
  readonly damaged: readonly string[]
}

interface Parts {
  readonly into: Database
  readonly keys: Keys
  readonly now: number
}

/** @throws RuntimeError BAD_STORE where a thread is in both; THREAD_BUSY where one of the source is at work */
export function bringIn(source: Source, { into, keys, now }: Parts): Promise<BroughtIn> {
  return source.look((from) =>
    into.write(async (on) => {
      const threads = await threadsOf(from)
      await expectNew(threads, { on, source })
      await expectIdle(from, now)
      const checkpoints = await bringCheckpoints(from, on)
      // After the checkpoints: who holds a lease elsewhere would be refused to write here.
      const rows = await bringRows(from, { on, close: rowReader(keys).close })
      const unplaced = await from.unplaced()
      return { threads: threads.size, ...checkpoints, rows, unplaced, damaged: from.read.damaged() }
    })
  )
}

async function threadsOf(from: Offered): Promise<Set<string>> {
  const found = new Set((await from.lists()).map(({ threadId }) => threadId))
  if ((await from.names()).includes(THREADS))
    for await (const rows of from.rows(THREADS)) for (const row of rows) found.add(String(row.thread_id))
  return found
}

const THREADS = 'deputy_threads'
const LEASES = 'deputy_leases'
const KNOWN = 'select thread_id as id from deputy_threads union select thread_id as id from deputy_lists'
const SHOWN = 3

async function expectNew(threads: Set<string>, { on, source }: { on: Writing; source: Source }): Promise<void> {
  const both = (await on.query<{ id: string }>(KNOWN)).filter(({ id }) => threads.has(id))
  if (both.length === 0) return
  const shown = both.slice(0, SHOWN).map(({ id }) => JSON.stringify(id))
  const more = both.length > SHOWN ? ` and ${both.length - SHOWN} more` : ''
  throw new RuntimeError(
    'BAD_STORE',
    `nothing was imported: threads of ${source.url} are in this store already: ${shown.join(', ')}${more}`
  )
}

async function expectIdle(from: Offered, now: number): Promise<void> {
  if (!(await from.names()).includes(LEASES)) return
  for await (const rows of from.rows(LEASES)) {
    const busy = rows.find((row) => Number(row.expires_at) > now)
    if (busy)
      throw new RuntimeError(
        'THREAD_BUSY',
        `nothing was imported: a process drives the tree of ${busy.root_thread_id}, or died a moment ago: wait until it is done`
      )
  }
}

/** How many are brought over before what is known of them is forgotten. */
const SOME = 32

async function bringCheckpoints(from: Offered, on: Writing): Promise<{ checkpoints: number; writes: number }> {
  const sum = { checkpoints: 0, writes: 0 }
  for (const list of await from.lists()) {
    const ids = await from.ids(list)
    for (let at = 0; at < ids.length; at += SOME) {
      const savers = { into: on.newSaver(), check: on.newSaver() }
      for (const id of ids.slice(at, at + SOME)) {
        const offered = await readableTuple(from, { list, id })
        if (!offered) continue
        await bringOver(offered.tuple, { ...savers, paths: offered.paths })
        sum.checkpoints += 1
        sum.writes += offered.tuple.pendingWrites?.length ?? 0
      }
    }
  }
  return sum
}

/** A damaged one has been named by who read it. */
async function readableTuple(from: Offered, { list, id }: { list: ListName; id: string }) {
  try {
    return await from.tuple(list, id)
  } catch (thrown) {
    if (thrown instanceof RuntimeError && thrown.code === 'BAD_STORE') return undefined
    throw thrown
  }
}

interface Closing {
  readonly on: Writing
  readonly close: RowReader['close']
}

async function bringRows(from: Offered, { on, close }: Closing): Promise<number> {
  const names = await from.names()
  const inOrder = [...names.filter((name) => name !== LEASES), ...names.filter((name) => name === LEASES)]
  let count = 0
  for (const table of inOrder)
    for await (const rows of from.rows(table)) {
      const kept = rows.flatMap((row): Row[] => closedAnew(table, { row, read: from.read, close }))
      await on.insert(table, kept)
      count += kept.length
    }
  return count
}

/** Nothing for one that cannot be opened, which is named then. */
function closedAnew(
  table: string,
  { row, read, close }: { row: Row; read: RowReader; close: RowReader['close'] }
): Row[] {
  const kind = kindOf(table)
  const { hidden = [] } = kind ?? {}
  if (!kind || hidden.length === 0) return [row]
  const named = readable(table, row)
  const closed = (column: string, value: unknown) => {
    const place = { of: kind, row: named, column: nameOf(table, column) }
    return value === null || !hidden.includes(place.column) ? value : close(read.open(value, place), place)
  }
  const anew = (): Row => Object.fromEntries(Object.entries(row).map(([name, value]) => [name, closed(name, value)]))
  const { table: name, key } = kind
  return read.all({ table: name, key, parse: anew }, [named])
}
