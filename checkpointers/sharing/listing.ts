import { isDeepStrictEqual } from 'node:util'
import type { CheckpointListOptions, CheckpointMetadata, CheckpointTuple } from '@langchain/langgraph-checkpoint'
import { metadataOf } from './bodies.ts'
import { copyOnce } from './copy-once.ts'
import { idBytes } from './ids.ts'
import { untilCurrent, whileCurrent } from './outdated.ts'
import { complete, type OpenedRow, openRows, type Reading, tupleKind } from './reading.ts'
import type { Asked, CheckpointRow } from './tables.ts'

interface Listing extends CheckpointListOptions {
  readonly reading: Reading
}

const PAGE = 32

/**
 * A page of rows at a time, and of what they refer to only what is yielded. Damaged ones are left out, and what lies behind them
 * takes their place. What several of them hold is one object in all of them: who changes it in one of these tuples changes it
 * in the others, and nowhere else.
 */
export async function* listTuples(
  configurable: Record<string, unknown>,
  { reading, before, limit = Number.POSITIVE_INFINITY, filter = {} }: Listing
): AsyncGenerator<CheckpointTuple> {
  const kind = tupleKind(copyOnce(), { isRemembered: false })
  const asked = askedOf(configurable, before?.configurable?.checkpoint_id)
  const isFiltered = Object.keys(filter).length > 0
  let after: CheckpointRow | undefined
  for (let left = limit; left > 0; ) {
    const size = isFiltered ? PAGE : Math.min(left, PAGE)
    const page = await untilCurrent(async () =>
      openPage(await reading.tables.page({ ...asked, after, limit: size }), reading)
    )
    let isCurrent = true
    for (const opened of page) {
      const ready = mayFit(opened, filter) ? await whileCurrent(async () => [await complete(opened, reading)]) : []
      if (!ready) {
        isCurrent = false
        break
      }
      after = opened.row
      for (const tuple of reading.read.all(kind, ready)) {
        yield tuple
        left -= 1
        if (left === 0) return
      }
    }
    if (isCurrent && page.length < size) return
  }
}

/** Of every checkpoint of a thread; no state is loaded. */
export async function* listMetadata(threadId: string, reading: Reading): AsyncGenerator<CheckpointMetadata> {
  const asked = askedOf({ thread_id: threadId }, undefined)
  let after: CheckpointRow | undefined
  do {
    const page: OpenedRow[] = await untilCurrent(async () =>
      openPage(await reading.tables.page({ ...asked, after, limit: PAGE }), reading)
    )
    for (const { text } of page) if (!(text instanceof Error)) yield metadataOf(text)
    after = page.at(-1)?.row
  } while (after)
}

function askedOf({ thread_id, checkpoint_ns, checkpoint_id }: Record<string, unknown>, before: unknown) {
  const idOf = (id: unknown) => (id ? idBytes(String(id)) : undefined)
  return {
    threadId: thread_id ? String(thread_id) : undefined,
    namespace: typeof checkpoint_ns === 'string' ? checkpoint_ns : undefined,
    id: idOf(checkpoint_id),
    before: idOf(before)
  } satisfies Partial<Asked>
}

/** The rows of a page, which may be of several lists. */
async function openPage(rows: readonly CheckpointRow[], reading: Reading): Promise<OpenedRow[]> {
  const lists = new Map<number, CheckpointRow[]>()
  for (const row of rows) lists.set(row.list, [...(lists.get(row.list) ?? []), row])
  const opened = new Map<CheckpointRow, OpenedRow>()
  for (const ofList of lists.values()) {
    const [{ threadId, namespace }] = ofList as [CheckpointRow]
    const shelf = await reading.shelves.of({ threadId, namespace }, ofList[0]!)
    for (const one of await openRows(shelf, ofList, reading)) opened.set(one.row, one)
  }
  return rows.map((row) => opened.get(row)!)
}

/** By what can be trusted, so not in SQL. A damaged one may: it is named, whatever is asked for. */
function mayFit({ text }: OpenedRow, filter: object): boolean {
  const wanted = Object.entries(filter).filter(([, value]) => value !== undefined)
  if (text instanceof Error || wanted.length === 0) return true
  const found = metadataOf(text) as Record<string, unknown>
  return wanted.every(([key, value]) => isDeepStrictEqual(found[key], value))
}
