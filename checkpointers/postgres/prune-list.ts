import type { ClientBase } from 'pg'
import type { Pruned } from '../prunable.ts'
import { elementKey, elementPlace } from '../sharing/lanes.ts'
import type { ListName } from '../sharing/shelf.ts'
import type { PruneAnswer, PruneQuestion, PruneSteps, Span, StoredList, StoredWrite } from '../sharing/tables.ts'
import type { Connection } from './connection.ts'
import { listState, removeList } from './lists.ts'
import { undone } from './undone.ts'

const CHECKPOINTS = `
  select checkpoint_id as id, parent_id as "parentId", body from deputy_checkpoints where list = $1
  order by checkpoint_id desc
`
const LABELLED = 'select checkpoint_id as id from deputy_labels where thread_id = $1'
const DROP = `
  with checkpoints as (delete from deputy_checkpoints where list = $1 and checkpoint_id = any($2) returning 1),
    writes as (delete from deputy_writes where list = $1 and checkpoint_id = any($2) returning 1)
  select (select count(*) from checkpoints) as checkpoints, (select count(*) from writes) as writes
`
const WRITES = `
  select checkpoint_id as "checkpointId", task_id as "taskId", idx, channel, body from deputy_writes where list = $1
`
const WITHIN = `
  unnest($1::bigint[], $2::bigint[]) as span (first, beyond)
  where e.id >= span.first and e.id < span.beyond
`
const ELEMENTS = `select e.id, e.body from deputy_elements e, ${WITHIN}`
const DELETE_ELEMENTS = `delete from deputy_elements e using ${WITHIN}`
const RAISE_EPOCH = 'update deputy_lists set epoch = epoch + 1 where id = $1'

interface How {
  readonly steps: (stored: StoredList) => PruneSteps
  readonly dryRun: boolean
}

export function pruneList(on: Connection, name: ListName, { steps, dryRun }: How): Promise<Pruned> {
  const work = (client: ClientBase) => pruned(client, name, steps)
  return dryRun ? undone(on, work) : on.transaction(work)
}

async function pruned(client: ClientBase, name: ListName, steps: How['steps']): Promise<Pruned> {
  const gone = { checkpoints: 0, writes: 0, elements: 0 }
  const found = await listState(client, name, { lock: true })
  if (!found) return gone
  const { list } = found
  const { rows: checkpoints } = await client.query<StoredList['checkpoints'][number]>(CHECKPOINTS, [list])
  const labelled = (await client.query<{ id: string }>(LABELLED, [name.threadId])).rows.map(({ id }) => id)
  const taken = steps({ name, found, checkpoints, labelled })
  let step = taken.next()
  while (!step.done) step = taken.next(await answer(step.value))
  if (gone.checkpoints > 0 && gone.checkpoints === checkpoints.length)
    return { ...gone, elements: (await removeList(client, list)).elements }
  if (step.value.length > 0) {
    gone.elements = (await client.query(DELETE_ELEMENTS, boundsOf(list, step.value))).rowCount ?? 0
    await client.query(RAISE_EPOCH, [list])
  }
  return gone

  async function answer(asked: PruneQuestion): Promise<PruneAnswer> {
    if (asked.kind === 'elements') {
      const { rows } = await client.query<{ id: string; body: unknown }>(ELEMENTS, boundsOf(list, asked.spans))
      return { elements: rows.map(({ id, body }) => ({ ...elementPlace(Number(id)), body })), writes: [] }
    }
    const { rows } = await client.query<{ checkpoints: string; writes: string }>(DROP, [list, asked.ids])
    gone.checkpoints += Number(rows[0]!.checkpoints)
    gone.writes += Number(rows[0]!.writes)
    return { elements: [], writes: (await client.query<StoredWrite>(WRITES, [list])).rows }
  }
}

function boundsOf(list: number, spans: readonly Span[]): [first: number[], beyond: number[]] {
  const first = spans.map(({ lane, from }) => elementKey({ list, lane, seq: from }))
  return [first, spans.map(({ count }, at) => first[at]! + count)]
}
