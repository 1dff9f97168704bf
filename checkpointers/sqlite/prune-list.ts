import type { Database } from 'better-sqlite3'
import type { Pruned } from '../prunable.ts'
import { elementKey, elementPlace } from '../sharing/lanes.ts'
import type { ListName, ListState } from '../sharing/shelf.ts'
import type { CheckpointTables, PruneAnswer, PruneQuestion, Span, StoredList, StoredWrite } from '../sharing/tables.ts'
import { listsIn } from './lists.ts'
import { undone } from './undone.ts'

const CHECKPOINTS = `
  select checkpoint_id as id, parent_id as "parentId", body from deputy_checkpoints where list = ?
  order by checkpoint_id desc
`
const LABELLED = 'select checkpoint_id from deputy_labels where thread_id = ?'
const DROP = 'delete from deputy_checkpoints where list = ? and checkpoint_id = ?'
const DROP_WRITES = 'delete from deputy_writes where list = ? and checkpoint_id = ?'
const WRITES = `
  select checkpoint_id as "checkpointId", task_id as "taskId", idx, channel, body from deputy_writes where list = ?
`
const ELEMENTS = 'select id, body from deputy_elements where id >= ? and id < ?'
const DELETE_ELEMENTS = 'delete from deputy_elements where id >= ? and id < ?'
const RAISE_EPOCH = 'update deputy_lists set epoch = epoch + 1 where id = ?'

interface Parts {
  state(name: ListName): ListState | undefined
}

export function pruningIn(db: Database, { state }: Parts): CheckpointTables['prune'] {
  const checkpoints = db.prepare<[number], StoredList['checkpoints'][number]>(CHECKPOINTS)
  const labelled = db.prepare<[string], string>(LABELLED).pluck()
  const drop = db.prepare(DROP)
  const dropWrites = db.prepare(DROP_WRITES)
  const writes = db.prepare<[number], StoredWrite>(WRITES)
  const elements = db.prepare<[number, number], { id: number; body: unknown }>(ELEMENTS)
  const deleteElements = db.prepare(DELETE_ELEMENTS)
  const raiseEpoch = db.prepare(RAISE_EPOCH)
  const lists = listsIn(db)

  const boundsOf = (list: number, { lane, from, count }: Span): [number, number] => {
    const first = elementKey({ list, lane, seq: from })
    return [first, first + count]
  }

  function elementsIn(list: number, spans: readonly Span[]) {
    const rows = spans.flatMap((span) => elements.all(...boundsOf(list, span)))
    return rows.map(({ id, body }) => ({ ...elementPlace(id), body }))
  }

  return async (name, steps, { dryRun }) => {
    const prune = db.transaction((): Pruned => {
      const found = state(name)
      if (!found) return NOTHING
      const { list } = found
      const stored = { name, found, checkpoints: checkpoints.all(list), labelled: labelled.all(name.threadId) }
      const gone = { checkpoints: 0, writes: 0, elements: 0 }
      const answer = (asked: PruneQuestion): PruneAnswer => {
        if (asked.kind === 'elements') return { elements: elementsIn(list, asked.spans), writes: [] }
        for (const id of asked.ids) {
          gone.checkpoints += drop.run(list, id).changes
          gone.writes += dropWrites.run(list, id).changes
        }
        return { elements: [], writes: writes.all(list) }
      }
      const taken = steps(stored)
      let step = taken.next()
      while (!step.done) step = taken.next(answer(step.value))
      if (gone.checkpoints > 0 && gone.checkpoints === stored.checkpoints.length) {
        gone.elements = lists.removeList(list).elements
        return gone
      }
      for (const span of step.value) gone.elements += deleteElements.run(...boundsOf(list, span)).changes
      if (gone.elements > 0) raiseEpoch.run(list)
      return gone
    })
    return dryRun ? undone(db, prune) : prune.immediate()
  }
}

const NOTHING: Pruned = { checkpoints: 0, writes: 0, elements: 0 }
