import type { Database } from 'better-sqlite3'
import { listBounds } from '../sharing/lanes.ts'

const LISTS_OF = 'select id from deputy_lists where thread_id = ?'
const DELETE_WRITES = 'delete from deputy_writes where list = ?'
const DELETE_CHECKPOINTS = 'delete from deputy_checkpoints where list = ?'
const DELETE_LIST = 'delete from deputy_lists where id = ?'
const DELETE_ELEMENTS = 'delete from deputy_elements where id >= ? and id < ?'

/** How many rows went; `rows` are all. */
export interface GoneLists {
  readonly checkpoints: number
  readonly elements: number
  readonly rows: number
}

/** All that is kept of the checkpoints of threads. To be called in a transaction. */
export function listsIn(db: Database) {
  const listsOf = db.prepare<[string], number>(LISTS_OF).pluck()
  const writes = db.prepare(DELETE_WRITES)
  const checkpoints = db.prepare(DELETE_CHECKPOINTS)
  const list = db.prepare(DELETE_LIST)
  const elements = db.prepare(DELETE_ELEMENTS)

  function removeList(id: number): GoneLists {
    const gone = { elements: elements.run(...listBounds(id)).changes, checkpoints: checkpoints.run(id).changes }
    return { ...gone, rows: gone.elements + gone.checkpoints + writes.run(id).changes + list.run(id).changes }
  }

  function remove(threadId: string): GoneLists {
    const sum = { checkpoints: 0, elements: 0, rows: 0 }
    for (const gone of listsOf.all(threadId).map(removeList))
      for (const kind of ['checkpoints', 'elements', 'rows'] as const) sum[kind] += gone[kind]
    return sum
  }

  return { remove, removeList }
}
