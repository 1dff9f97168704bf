import type { Database } from 'better-sqlite3'
import { leaseLost } from '../lease-lost.ts'
import { elementKey, elementPlace, type Lane, laneBounds, MEMBERS, PARTS } from '../sharing/lanes.ts'
import type { ListName, ListState } from '../sharing/shelf.ts'
import type {
  Asked,
  Change,
  CheckpointRow,
  CheckpointTables,
  ElementRow,
  Outcome,
  WriteRow
} from '../sharing/tables.ts'
import { hasCode, isFenced } from './fence.ts'
import type { GroupCommit } from './group-commit.ts'
import { listsIn } from './lists.ts'
import { pruningIn } from './prune-list.ts'

const LIST = 'select id as list, epoch from deputy_lists where thread_id = @threadId and checkpoint_ns = @namespace'
const ADD_LIST =
  'insert into deputy_lists (thread_id, checkpoint_ns) values (@threadId, @namespace) returning id as list'
const LAST = 'select max(id) from deputy_elements where id >= ? and id < ?'
const ELEMENTS = 'select id, body from deputy_elements where id >= ? and id < ?'
const ADD_ELEMENT = 'insert into deputy_elements (id, body) values (?, ?)'

const CHECKPOINTS = `
  select l.thread_id as "threadId", l.checkpoint_ns as namespace, c.list, l.epoch, c.checkpoint_id as id,
    c.parent_id as "parentId", c.body
  from deputy_checkpoints c join deputy_lists l on l.id = c.list
`
const ONE = `${CHECKPOINTS} where l.thread_id = @threadId and l.checkpoint_ns = @namespace and c.checkpoint_id = @id`
const NEWEST = `
  ${CHECKPOINTS} where l.thread_id = @threadId and l.checkpoint_ns = @namespace order by c.checkpoint_id desc limit 1
`
const NEWEST_FIRST = 'order by c.checkpoint_id desc, l.thread_id desc, l.checkpoint_ns desc limit @limit'
const ANCESTORS = `
  with recursive line (id, depth) as (
    select @id, 0
    union all
    select c.parent_id, line.depth + 1 from line
    join deputy_checkpoints c on c.list = @list and c.checkpoint_id = line.id
    where c.parent_id is not null and line.depth < @limit - 1
  )
  ${CHECKPOINTS} join line on c.checkpoint_id = line.id where c.list = @list order by line.depth
`
const PUT = `
  insert into deputy_checkpoints (list, checkpoint_id, parent_id, body) values (@list, @id, @parentId, @body)
  on conflict (list, checkpoint_id) do update set parent_id = excluded.parent_id, body = excluded.body
`
const WRITES = `
  select task_id as "taskId", idx, channel, body from deputy_writes
  where list = @list and checkpoint_id = @id order by task_id, idx
`
const WRITES_TO = `
  select task_id as "taskId", idx, channel, body from deputy_writes
  where list = @list and checkpoint_id = @id and channel in (select value from json_each(@channels))
  order by task_id, idx
`
const ADD_WRITE = `
  insert into deputy_writes (list, checkpoint_id, task_id, idx, channel, body)
  values (@list, @checkpointId, @taskId, @idx, @channel, @body)
  on conflict (list, checkpoint_id, task_id, idx)
`
const KEEP_WRITE = `${ADD_WRITE} do nothing`
const REPLACE_WRITE = `${ADD_WRITE} do update set channel = excluded.channel, body = excluded.body`
const IS_DELETED = 'select 1 from deputy_deleted where thread_id = ?'
const BEGIN_AGAIN = 'delete from deputy_deleted where thread_id = ?'
const NOTE_DELETED = 'insert into deputy_deleted (thread_id) values (?) on conflict do nothing'
const NAMESPACES = 'select checkpoint_ns from deputy_lists where thread_id = ?'

type Row = Omit<CheckpointRow, 'writes'>

function elementOf([id, body]: readonly [id: number, body: unknown]): ElementRow {
  const { lane, seq } = elementPlace(id)
  return { lane, seq, body }
}

/** The tables of checkpoints on a migrated database. */
export function checkpointTables(db: Database, group: GroupCommit): CheckpointTables {
  const list = db.prepare<[ListName], { list: number; epoch: number }>(LIST)
  const last = db.prepare<[number, number], number | null>(LAST).pluck()
  const elements = db.prepare<[number, number], [id: number, body: unknown]>(ELEMENTS).raw()
  const one = db.prepare<[object], Row>(ONE)
  const newest = db.prepare<[object], Row>(NEWEST)
  const ancestors = db.prepare<[object], Row>(ANCESTORS)
  const writes = db.prepare<[object], WriteRow>(WRITES)
  const writesTo = db.prepare<[object], WriteRow>(WRITES_TO)

  const lastIn = (of: number, lane: Lane) => elementPlace(last.get(...laneBounds(of, lane)) ?? 0).seq
  const withWrites = (row: Row): CheckpointRow => ({ ...row, writes: writes.all({ list: row.list, id: row.id }) })

  const namespaces = db.prepare<[string], string>(NAMESPACES).pluck()
  const stateOf = (name: ListName): ListState | undefined => {
    const row = list.get(name)
    return row && { ...row, last: [lastIn(row.list, PARTS), lastIn(row.list, MEMBERS)] }
  }

  return {
    find: async (name) => stateOf(name),
    async checkpoint(name, id) {
      const row = id ? one.get({ ...name, id }) : newest.get({ ...name })
      return row && withWrites(row)
    },
    page: async (asked) => pageOf(db, asked).map(withWrites),
    async ancestors({ channels, ...of }) {
      const wanted = JSON.stringify(channels)
      const rows = ancestors.all(of)
      return rows.map((row) => ({ ...row, writes: writesTo.all({ list: row.list, id: row.id, channels: wanted }) }))
    },
    async elements(of, spans) {
      const rows = spans.flatMap(({ lane, from, count }) => {
        const first = elementKey({ list: of, lane, seq: from })
        return elements.all(first, first + count)
      })
      return rows.map(elementOf)
    },
    commit: committing(db, { list, group }),
    deleteThread: deleting(db),
    namespaces: async (threadId) => namespaces.all(threadId),
    prune: pruningIn(db, { state: stateOf })
  }
}

/** The conditions that are asked for, in a statement of their own: each uses the key as far as it can. */
function pageOf(db: Database, { threadId, namespace, id, before, after, limit }: Asked): Row[] {
  const conditions = [
    threadId !== undefined && 'l.thread_id = @threadId',
    namespace !== undefined && 'l.checkpoint_ns = @namespace',
    id && 'c.checkpoint_id = @id',
    before && 'c.checkpoint_id < @before',
    after && '(c.checkpoint_id, l.thread_id, l.checkpoint_ns) < (@afterId, @afterThread, @afterNamespace)',
    // What SQLite finds in the key; the one before says the rest.
    after && 'c.checkpoint_id <= @afterId'
  ].filter(Boolean)
  const where = conditions.length > 0 ? `where ${conditions.join(' and ')}` : ''
  const place = { afterId: after?.id, afterThread: after?.threadId, afterNamespace: after?.namespace }
  const rows = db.prepare<[object], Row>(`${CHECKPOINTS} ${where} ${NEWEST_FIRST}`)
  return rows.all({ threadId, namespace, id, before, limit, ...place })
}

interface Finding {
  readonly list: { get(name: ListName): { list: number; epoch: number } | undefined }
  readonly group: GroupCommit
}

/** Undoes what was written of a change. */
class Stale extends Error {}

function committing(db: Database, { list, group }: Finding): CheckpointTables['commit'] {
  const addList = db.prepare<[ListName], { list: number }>(ADD_LIST)
  const addElement = db.prepare(ADD_ELEMENT)
  const put = db.prepare(PUT)
  const keepWrite = db.prepare(KEEP_WRITE)
  const replaceWrite = db.prepare(REPLACE_WRITE)
  const isDeleted = db.prepare<[string], number>(IS_DELETED).pluck()
  const beginAgain = db.prepare(BEGIN_AGAIN)

  /** The list that a change is for, where it still is as it was found. */
  function current({ name, found, begins }: Change): number | 'deleted' | undefined {
    const row = list.get(name)
    if (row?.list !== found?.list || row?.epoch !== found?.epoch) return undefined
    if (row) return row.list
    if (!begins && isDeleted.get(name.threadId)) return 'deleted'
    beginAgain.run(name.threadId)
    return addList.get(name)!.list
  }

  /** Numbers that somebody else has taken say that the list is not as it was found. */
  function add(to: number, { lane, seq, body }: ElementRow): void {
    try {
      addElement.run(elementKey({ list: to, lane, seq }), body)
    } catch (thrown) {
      throw hasCode(thrown, 'SQLITE_CONSTRAINT_PRIMARYKEY') ? new Stale() : thrown
    }
  }

  function write(change: Change): Outcome {
    const to = current(change)
    if (to === undefined) return { kind: 'stale' }
    if (to === 'deleted') return { kind: 'deleted' }
    for (const element of change.elements) add(to, element)
    for (const checkpoint of change.checkpoints) put.run({ list: to, ...checkpoint })
    for (const { replaces, ...row } of change.writes) (replaces ? replaceWrite : keepWrite).run({ list: to, ...row })
    return { kind: 'done', list: to }
  }

  function notWritten(thrown: unknown, { name }: Change): Outcome {
    if (thrown instanceof Stale) return { kind: 'stale' }
    return { kind: 'failed', error: isFenced(thrown) ? leaseLost(name.threadId, thrown) : thrown }
  }

  return (changes) =>
    Promise.all(changes.map((change) => group.write(() => write(change)).catch((thrown) => notWritten(thrown, change))))
}

function deleting(db: Database): CheckpointTables['deleteThread'] {
  const note = db.prepare(NOTE_DELETED)
  const lists = listsIn(db)
  const remove = db.transaction((threadId: string) => {
    if (lists.remove(threadId).rows > 0) note.run(threadId)
  })
  return async (threadId) => remove.immediate(threadId)
}
