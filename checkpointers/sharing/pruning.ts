// What of a list goes when some of its checkpoints do, found out step by step: whoever has the transaction answers what is asked
// and deletes what is named.
//
// P1. An element stays that a checkpoint which stays, or a write to one, refers to: by itself, through other elements, or as the
//     text that its body was packed with. Where one of these cannot be read nobody knows what it refers to: all elements stay.
// P2. The last element of a lane stays, whatever refers to it: no number is given twice, so that who goes on with a row that has
//     gone meanwhile finds an element gone, and never another one in its place.
// P3. A checkpoint stays as long as one that stays is read by it: by a `DeltaChannel`, back to its last snapshot, or by a
//     checkpoint of a LangGraph that left with the step before what that had sent.
import type { Pruning } from '../prunable.ts'
import { checkpointAbove, DELTAS, deltasOf, keepsState } from '../reliance.ts'
import { metadataOf } from './bodies.ts'
import { type Codec, checkpointAt, elementAt, writeAt } from './codec.ts'
import { merged } from './fetch.ts'
import { idText } from './ids.ts'
import { type Lane, MEMBERS, PARTS } from './lanes.ts'
import { templateOf } from './packing.ts'
import { referencesIn } from './parts.ts'
import { bytes, OLD } from './reading.ts'
import { type ListState, Shelf } from './shelf.ts'
import type { PruneAnswer, PruneQuestion, PruneSteps, Span, StoredList, StoredWrite } from './tables.ts'

type StoredCheckpoint = StoredList['checkpoints'][number]
type Steps<Result> = Generator<PruneQuestion, Result, PruneAnswer>

type Dropped = Pruning['dropped']

/** Gives the elements that nothing refers to any more. */
export function* pruning(stored: StoredList, dropped: Dropped, codec: Codec): PruneSteps {
  const texts = textsOf(stored, codec)
  const going = yield* goingOf(stored, dropped, texts)
  if (going.size === 0) return []
  const { writes } = yield { kind: 'drop', ids: Array.from(going, ({ id }) => id as Buffer) }
  const staying = stored.checkpoints.filter((row) => !going.has(row))
  if (staying.length === 0) return []
  return yield* unreferenced(stored, { staying, writes }, codec)
}

type TextOf = (row: StoredCheckpoint) => Steps<string | undefined>

/** What rows say, each read once; undefined where one is damaged. */
function textsOf(stored: StoredList, codec: Codec): TextOf {
  const shelf = new Shelf(stored.name, stored.found)
  const known = new Map<StoredCheckpoint, string | undefined>()
  return function* (row) {
    if (!known.has(row)) known.set(row, yield* textOf(shelf, sealedCheckpoint(row), codec))
    return known.get(row)
  }
}

function* goingOf(stored: StoredList, dropped: Dropped, texts: TextOf): Steps<ReadonlySet<StoredCheckpoint>> {
  const { checkpoints, labelled } = stored
  if (dropped === 'all') return new Set(labelled.length === 0 ? checkpoints : [])
  const going = new Set<StoredCheckpoint>()
  for (const row of checkpoints) if (yield* isDropped(row, { stored, dropped, texts })) going.add(row)
  if (going.size === 0) return going
  for (const row of yield* neededBy(stored, { going, texts })) going.delete(row)
  return going
}

/** The checkpoint of a subgraph goes with that of the thread which it was made below. */
function* isDropped(
  row: StoredCheckpoint,
  { stored, dropped, texts }: { stored: StoredList; dropped: ReadonlySet<string>; texts: TextOf }
): Steps<boolean> {
  const { namespace } = stored.name
  const isNamed = (id: string) => dropped.has(id) && !stored.labelled.includes(id)
  if (namespace === '') return isNamed(attempt(() => idText(row.id)) ?? '')
  if (row === stored.checkpoints[0] && keepsState(namespace)) return false
  const text = yield* texts(row)
  return isNamed(checkpointAbove(attempt(() => metadataOf(text ?? ''))))
}

/** Those among them that stay for the sake of others. */
function* neededBy(
  { checkpoints }: StoredList,
  { going, texts }: { going: ReadonlySet<StoredCheckpoint>; texts: TextOf }
): Steps<ReadonlySet<StoredCheckpoint>> {
  const byId = new Map(checkpoints.map((row) => [hex(row.id), row]))
  const needed = new Set<StoredCheckpoint>()
  for (const row of checkpoints) {
    if (going.has(row)) continue
    const text = (yield* texts(row)) ?? ''
    let before = byId.get(hex(row.parentId))
    if (before && OLD.test(text)) needed.add(before)
    for (let channels = deltasIn(text); before && channels.length > 0; before = byId.get(hex(before.parentId))) {
      needed.add(before)
      const open = deltasIn((yield* texts(before)) ?? '')
      channels = channels.filter((channel) => open.includes(channel))
    }
  }
  return needed
}

const deltasIn = (text: string) => (text.includes(DELTAS) ? deltasOf(attempt(() => metadataOf(text))) : [])

interface Staying {
  readonly staying: readonly StoredCheckpoint[]
  readonly writes: readonly StoredWrite[]
}

/** On a shelf of its own is in the end what is referred to. */
function* unreferenced({ name, found }: StoredList, { staying, writes }: Staying, codec: Codec): Steps<Span[]> {
  const shelf = new Shelf(name, found)
  const texts: (string | undefined)[] = []
  for (const sealed of [...staying.map(sealedCheckpoint), ...writes.map(sealedWrite)])
    texts.push(yield* textOf(shelf, sealed, codec))
  for (let read = texts; read.length > 0; ) {
    if (read.includes(undefined)) return []
    const wanted = read.flatMap((text) => (text === undefined ? [] : missing(shelf, text, found)))
    read = yield* fetched(shelf, wanted, codec)
  }
  return [...gaps(shelf, PARTS, found), ...gaps(shelf, MEMBERS, found)]
}

interface Sealed {
  readonly body: unknown
  readonly at: string
}

function* textOf(shelf: Shelf, { body, at }: Sealed, codec: Codec): Steps<string | undefined> {
  const packed = attempt(() => codec.open(shelf, body, at))
  const template = packed && templateOf(packed)
  if (template !== undefined && !shelf.has(PARTS, template))
    yield* fetched(shelf, [{ lane: PARTS, from: template, count: 1 }], codec)
  return packed && attempt(() => codec.text(shelf, packed).text)
}

/** Puts elements on the shelf. Gives what those say that may refer to others; undefined for a damaged one. */
function* fetched(shelf: Shelf, spans: readonly Span[], codec: Codec): Steps<(string | undefined)[]> {
  if (spans.length === 0) return []
  const { elements } = yield { kind: 'elements', spans: merged(spans) }
  return elements.flatMap((row) => {
    const element = attempt(() => codec.text(shelf, codec.open(shelf, row.body, elementAt(row.lane, row.seq))))
    if (element && !shelf.has(row.lane, row.seq)) shelf.put(row.lane, row.seq, element)
    return element?.form === 'text' ? [] : [element?.text]
  })
}

/** What a text refers to and is not on the shelf, as far as there is such a number. */
function missing(shelf: Shelf, text: string, { last }: ListState): Span[] {
  const spans: Span[] = []
  for (const { lane, from, count } of referencesIn(text))
    for (let seq = Math.max(from, shelf.allTo(lane) + 1); seq < from + count && seq <= last[lane]; seq++)
      if (!shelf.has(lane, seq)) spans.push({ lane, from: seq, count: 1 })
  return spans
}

/** The numbers of a lane that are not on the shelf, but for the last. */
function gaps(shelf: Shelf, lane: Lane, { last }: ListState): Span[] {
  const found: Span[] = []
  for (let seq = 1; seq < last[lane]; seq++) {
    const before = found.at(-1)
    if (shelf.has(lane, seq)) continue
    if (before && before.from + before.count === seq) found[found.length - 1] = { ...before, count: before.count + 1 }
    else found.push({ lane, from: seq, count: 1 })
  }
  return found
}

function sealedCheckpoint({ id, parentId, body }: StoredCheckpoint): Sealed {
  return { body, at: checkpointAt(bytes(id), parentId === null ? null : bytes(parentId)) }
}

function sealedWrite({ checkpointId, taskId, idx, channel, body }: StoredWrite): Sealed {
  return { body, at: writeAt({ checkpointId: bytes(checkpointId), taskId: bytes(taskId), idx, channel }) }
}

const hex = (id: unknown) => (id === null ? '' : bytes(id).toString('hex'))

/** Undefined where it throws: the row, or what it needs, is damaged. */
function attempt<T>(work: () => T): T | undefined {
  try {
    return work()
  } catch {
    return undefined
  }
}
