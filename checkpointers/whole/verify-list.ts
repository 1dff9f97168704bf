import { messageOf } from '../../state/errors.ts'
import type { RowReader } from '../row-reader.ts'
import { type Codec, codecOf, elementAt, writeAt } from '../sharing/codec.ts'
import { copyOnce } from '../sharing/copy-once.ts'
import { fetchTexts } from '../sharing/fetch.ts'
import { shownId } from '../sharing/ids.ts'
import { type Lane, MEMBERS, PARTS } from '../sharing/lanes.ts'
import { templateOf } from '../sharing/packing.ts'
import { referencesIn } from '../sharing/parts.ts'
import { complete, openRows, type Reading, tupleKind } from '../sharing/reading.ts'
import { byteSeal, type Keys } from '../sharing/sealing.ts'
import { elementName, type ListState, type Shelf } from '../sharing/shelf.ts'
import { Shelves } from '../sharing/shelves.ts'
import type { CheckpointRow, Span } from '../sharing/tables.ts'
import { type Looking, SOME_ROWS } from './database.ts'

export interface ListRow {
  readonly list: number
  readonly epoch: number
  readonly threadId: string
  readonly namespace: string
}

interface Parts {
  readonly on: Looking
  readonly keys: Keys
  readonly read: RowReader
}

interface Found {
  readonly checkpoints: number
  readonly writes: number
  readonly elements: number
  readonly unreferenced: number
  readonly orphans: number
  readonly damaged: readonly string[]
}

/** Elements that something refers to, by lane. */
class Needed {
  readonly #last: ListState['last']
  readonly #numbers = [new Set<number>(), new Set<number>()] as const

  constructor(last: ListState['last']) {
    this.#last = last
  }

  /** What a user wrote may look like a reference, to more than there is. */
  add({ lane, from, count }: Span): void {
    const beyond = Math.min(from + count, this.#last[lane] + 1)
    for (let seq = from; seq < beyond; seq++) this.#numbers[lane].add(seq)
  }

  has(lane: Lane, seq: number): boolean {
    return this.#numbers[lane].has(seq)
  }
}

/** Hears which elements are needed to unpack others. */
function hearing(codec: Codec, needed: Needed): Codec {
  return {
    ...codec,
    open(...sealed) {
      const packed = codec.open(...sealed)
      const template = templateOf(packed)
      if (template !== undefined) needed.add({ lane: PARTS, from: template, count: 1 })
      return packed
    }
  }
}

/** Reads all of a list, with what nobody needs. Damaged checkpoints are named by `read`. */
export async function verifyList(row: ListRow, { on, keys, read }: Parts): Promise<Found> {
  const shelves = new Shelves(on.tables)
  const shelf = await shelves.of({ threadId: row.threadId, namespace: row.namespace }, row)
  const needed = new Needed(shelf.found?.last ?? [0, 0])
  const codec = hearing(codecOf(byteSeal(keys)), needed)
  const reading: Reading = { tables: on.tables, codec, shelves, read }
  const rows = await verifyCheckpoints(row, { reading, needed })
  const stray = await verifyStrayWrites(row, { on, reading, needed })
  const elements = await verifyElements(shelf, { reading, needed })
  const name = `${JSON.stringify(row.threadId)} ${JSON.stringify(row.namespace)}`
  const damaged = [...elements.damaged, ...stray.damaged].map((what) => `${what} (of ${name})`)
  // Whoever deletes elements raises the epoch.
  const isWhole = row.epoch > 0 || elements.missing === 0
  if (!isWhole) damaged.push(`deputy_lists ${name}: ${elements.missing} of its elements are gone`)
  const { count, unreferenced } = elements
  return { ...rows, writes: rows.writes + stray.count, elements: count, unreferenced, damaged }
}

async function verifyCheckpoints(
  { threadId, namespace }: ListRow,
  { reading, needed }: { reading: Reading; needed: Needed }
) {
  const kind = tupleKind(copyOnce(), { isRemembered: false })
  const ids = new Set<string>()
  const parents: string[] = []
  let writes = 0
  for await (const rows of pagesOf({ threadId, namespace }, reading)) {
    const shelf = await reading.shelves.of({ threadId, namespace }, rows[0]!)
    for (const opened of await openRows(shelf, rows, reading)) {
      const { id, parentId, writes: own } = opened.row
      ids.add(String(shownId(id)))
      if (parentId !== null) parents.push(String(shownId(parentId)))
      writes += own.length
      for (const text of [opened.text, ...opened.writes]) if (typeof text === 'string') note(text, needed)
      reading.read.all(kind, [await complete(opened, reading)])
    }
  }
  return { checkpoints: ids.size, writes, orphans: parents.filter((parent) => !ids.has(parent)).length }
}

async function* pagesOf(name: { threadId: string; namespace: string }, { tables }: Reading) {
  const asked = { ...name, id: undefined, before: undefined, limit: PAGE }
  let after: CheckpointRow | undefined
  do {
    const rows = await tables.page({ ...asked, after })
    if (rows.length > 0) yield rows
    after = rows.length < PAGE ? undefined : rows.at(-1)
  } while (after)
}

const PAGE = 32

function note(text: string, needed: Needed): void {
  for (const span of referencesIn(text)) needed.add(span)
}

async function verifyElements(shelf: Shelf, { reading, needed }: { reading: Reading; needed: Needed }) {
  const damaged: string[] = []
  const numbers: [number[], number[]] = [[], []]
  const last = shelf.found?.last ?? [0, 0]
  for (const lane of [PARTS, MEMBERS] as const)
    for (let from = 1; from <= last[lane]; from += SOME_ROWS)
      for (const { seq, body } of await elementsAt(shelf.found!, { lane, from }, reading)) {
        numbers[lane].push(seq)
        try {
          const at = elementAt(lane, seq)
          const { form, text } = reading.codec.text(shelf, reading.codec.open(shelf, body, at))
          if (form === 'json') note(text, needed)
        } catch (thrown) {
          damaged.push(`${elementName(lane, seq)}: ${messageOf(thrown)}`)
        }
      }
  const count = numbers[PARTS].length + numbers[MEMBERS].length
  const idle = (lane: Lane) => numbers[lane].filter((seq) => !needed.has(lane, seq)).length
  return { damaged, count, missing: last[PARTS] + last[MEMBERS] - count, unreferenced: idle(PARTS) + idle(MEMBERS) }
}

function elementsAt({ list }: ListState, { lane, from }: { lane: Lane; from: number }, { tables }: Reading) {
  return tables.elements(list, [{ lane, from, count: SOME_ROWS }])
}

/** Writes that came before their checkpoint, or stayed behind it. */
async function verifyStrayWrites(
  { list, epoch, threadId, namespace }: ListRow,
  { on, reading, needed }: { on: Looking; reading: Reading; needed: Needed }
): Promise<{ count: number; damaged: string[] }> {
  const rows = await on.query<StrayWrite>(`
    select checkpoint_id as "checkpointId", task_id as "taskId", idx, channel, body from deputy_writes w
    where list = ${list} and not exists (
      select 1 from deputy_checkpoints c where c.list = w.list and c.checkpoint_id = w.checkpoint_id
    )
  `)
  const shelf = await reading.shelves.of({ threadId, namespace }, { list, epoch })
  const texts = await fetchTexts(
    shelf,
    rows.map(({ body, ...place }) => ({ sealed: body, at: writeAt(place) })),
    reading
  )
  for (const text of texts) if (typeof text === 'string') note(text, needed)
  const damaged = texts.flatMap((text, at) =>
    text instanceof Error ? [`deputy_writes "${shownId(rows[at]!.taskId)}" ${rows[at]!.idx}: ${text.message}`] : []
  )
  return { count: rows.length, damaged }
}

interface StrayWrite {
  readonly checkpointId: Buffer
  readonly taskId: Buffer
  readonly idx: number
  readonly channel: string
  readonly body: unknown
}
