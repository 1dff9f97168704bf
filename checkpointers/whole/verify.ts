// Reads all that is in a store, through its seals, and looks whether it fits together. Nothing that is wrong hides anything else.
import { messageOf } from '../../state/errors.ts'
import { type RowReader, rowReader } from '../row-reader.ts'
import type { Keys } from '../sharing/sealing.ts'
import type { Database, Looking } from './database.ts'
import { isJournalTable, kindOf, readable } from './journal-tables.ts'
import { type ListRow, verifyList } from './verify-list.ts'

export interface Verdict {
  readonly checked: {
    readonly checkpoints: number
    readonly writes: number
    readonly elements: number
    /** Of the journal. */
    readonly rows: number
  }
  /** Elements that no checkpoint and no write needs any more. */
  readonly unreferenced: number
  /** Checkpoints whose parent is not there: it was deleted, or never put. */
  readonly orphans: number
  /** What is damaged, by name, and why. */
  readonly damaged: readonly string[]
}

const LISTS = `
  select id as list, epoch, thread_id as "threadId", checkpoint_ns as namespace from deputy_lists order by id
`
/** Rows whose list is gone. Elements are numbered by it: `lanes.ts`. */
const STRAYS = {
  deputy_checkpoints: 'select distinct list from deputy_checkpoints where list not in (select id from deputy_lists)',
  deputy_writes: 'select distinct list from deputy_writes where list not in (select id from deputy_lists)',
  deputy_elements: `
    select distinct id / 16777216 as list from deputy_elements where id / 16777216 not in (select id from deputy_lists)
  `
}
const LOST_ROOTS = `
  select thread_id as "threadId", root_thread_id as "rootThreadId" from deputy_threads
  where root_thread_id not in (select thread_id from deputy_threads)
`
const GAPS = `
  select root, count(*) as found, max(seq) as last, max(gone) as gone from (
    select e.root_thread_id as root, e.seq, coalesce(
      (select max(p.seq) from deputy_pruned p where p.root_thread_id = e.root_thread_id), 0
    ) as gone
    from deputy_events e
  ) numbered
  where seq > gone group by root having count(*) <> max(seq) - max(gone)
`

export function verify(database: Database, keys: Keys): Promise<Verdict> {
  return database.look(async (on) => {
    const read = rowReader(keys)
    const damaged: string[] = []
    const sums = { checkpoints: 0, writes: 0, elements: 0, unreferenced: 0, orphans: 0 }
    for (const list of await on.query<ListRow>(LISTS)) {
      const found = await verifyList(list, { on, keys, read }).catch((thrown) => broken(list, thrown))
      for (const name of Object.keys(sums) as (keyof typeof sums)[]) sums[name] += found[name]
      damaged.push(...found.damaged)
    }
    const rows = await verifyRows(on, read)
    damaged.push(...read.damaged(), ...(await strays(on)), ...(await misfits(on)))
    const { unreferenced, orphans, ...checked } = sums
    return { checked: { ...checked, rows }, unreferenced, orphans, damaged }
  })
}

function broken({ threadId, namespace }: ListRow, thrown: unknown) {
  const name = `deputy_lists ${JSON.stringify(threadId)} ${JSON.stringify(namespace)}`
  const nothing = { checkpoints: 0, writes: 0, elements: 0, unreferenced: 0, orphans: 0 }
  return { ...nothing, damaged: [`${name}: it could not be read: ${messageOf(thrown)}`] }
}

async function verifyRows(on: Looking, read: RowReader): Promise<number> {
  let count = 0
  for (const table of (await on.names()).filter(isJournalTable))
    for await (const rows of on.rows(table)) {
      count += rows.length
      const kind = kindOf(table)
      if (kind)
        read.all(
          kind,
          rows.map((row) => readable(table, row))
        )
    }
  return count
}

async function strays(on: Looking): Promise<string[]> {
  const found: string[] = []
  for (const [table, sql] of Object.entries(STRAYS))
    for (const { list } of await on.query<{ list: number }>(sql))
      found.push(`${table} of list ${list}: the list is gone`)
  return found
}

async function misfits(on: Looking): Promise<string[]> {
  const lost = await on.query<{ threadId: string; rootThreadId: string }>(LOST_ROOTS)
  const gaps = await on.query<{ root: string; found: number; last: number; gone: number }>(GAPS)
  return [
    ...lost.map(({ threadId, rootThreadId }) => `deputy_threads "${threadId}": its root "${rootThreadId}" is gone`),
    ...gaps.map(
      ({ root, found, last, gone }) =>
        `deputy_events "${root}": of ${last - gone} events behind number ${gone} there are ${found}`
    )
  ]
}
