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
import { ANCESTORS, NEWEST, ONE, pageOf } from './checkpoint-queries.ts'
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
    page: async (asked) => pageIn(db, asked).map(withWrites),
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

function pageIn(db: Database, asked: Asked): Row[] {
  const [sql, values] = pageOf(asked)
  return db.prepare<[object], Row>(sql).all(values)
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
