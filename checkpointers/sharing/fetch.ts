// What rows of a list need to be read: their texts, and on the shelf all elements that these refer to. What is wrong with an
// element is known there, and thrown to whoever needs it: it makes nothing else unreadable.
import { messageOf } from '../../state/errors.ts'
import { type Codec, elementAt } from './codec.ts'
import { PARTS } from './lanes.ts'
import { Outdated } from './outdated.ts'
import { type Template, templateOf } from './packing.ts'
import { referencesIn } from './parts.ts'
import { type Element, elementName, type Shelf } from './shelf.ts'
import type { CheckpointTables, ElementRow, Span } from './tables.ts'

export interface Sources {
  readonly tables: CheckpointTables
  readonly codec: Codec
}

export interface SealedRow {
  readonly sealed: unknown
  /** Where in the list it lies. */
  readonly at: string
}

/** A row's text, or what is wrong with it. */
export type Text = string | Error

export async function fetchTexts(shelf: Shelf, rows: readonly SealedRow[], sources: Sources): Promise<Text[]> {
  const packed = rows.map(({ sealed, at }) => attempt(() => sources.codec.open(shelf, sealed, at)))
  const templates = new Set(packed.flatMap((row) => (row instanceof Error ? [] : (templateOf(row) ?? []))))
  const wanted = [...templates].filter((seq) => !shelf.has(PARTS, seq))
  await fetchSpans(shelf, wanted.map(onePart), sources)
  const [newest] = templates
  if (newest !== undefined) shelf.template ??= templateAt(shelf, newest)
  return packed.map((row) => (row instanceof Error ? row : attempt(() => sources.codec.text(shelf, row).text)))
}

export function fetchElements(shelf: Shelf, texts: readonly Text[], sources: Sources): Promise<void> {
  return shelf.inTurn(async () => {
    let wanted = texts.flatMap((text) => (typeof text === 'string' ? missing(shelf, text) : []))
    while (wanted.length > 0) wanted = await fetchSpans(shelf, wanted, sources)
  })
}

const onePart = (seq: number): Span => ({ lane: PARTS, from: seq, count: 1 })

function templateAt(shelf: Shelf, seq: number): Template | undefined {
  const text = attempt(() => shelf.element(PARTS, seq).text)
  return typeof text === 'string' ? { seq, text } : undefined
}

/** Puts elements on the shelf; gives what these refer to in turn, as far as it is not there. */
async function fetchSpans(shelf: Shelf, spans: readonly Span[], { tables, codec }: Sources): Promise<Span[]> {
  const list = shelf.found?.list
  if (list === undefined || spans.length === 0) return []
  const found: Span[] = []
  for (const row of await tables.elements(list, merged(spans))) {
    if (shelf.has(row.lane, row.seq)) continue
    const element = readElement(shelf, row, codec)
    shelf.put(row.lane, row.seq, element)
    if (!(element instanceof Error) && element.form === 'json') addMissing(found, { shelf, json: element.text })
  }
  if (!spans.every((span) => isHere(shelf, span))) await expectCurrent(shelf, tables)
  return found
}

function isHere(shelf: Shelf, { lane, from, count }: Span): boolean {
  if (from + count - 1 > shelf.highest(lane)) return false
  for (let seq = from; seq < from + count; seq++) if (!shelf.has(lane, seq)) return false
  return true
}

/** What is not there was never there, or has gone after the row that refers to it was read. @throws Outdated */
async function expectCurrent(shelf: Shelf, tables: CheckpointTables): Promise<void> {
  if (shelf.isOf(await tables.find(shelf.name))) return
  shelf.isDead = true
  throw new Outdated(shelf.place)
}

function readElement(shelf: Shelf, { lane, seq, body }: ElementRow, codec: Codec): Element | Error {
  const element = attempt(() => codec.text(shelf, codec.open(shelf, body, elementAt(lane, seq))))
  if (!(element instanceof Error)) return element
  return new Error(`${elementName(lane, seq)}: ${element.message}`, { cause: element })
}

function missing(shelf: Shelf, json: string): Span[] {
  const spans: Span[] = []
  addMissing(spans, { shelf, json })
  return spans
}

/** Adds what a text refers to and is not on the shelf. Behind what is there nothing has to be looked for, however much that is. */
function addMissing(spans: Span[], { shelf, json }: { shelf: Shelf; json: string }): void {
  for (const { lane, from, count } of referencesIn(json)) {
    const [end, known] = [from + count, shelf.highest(lane) + 1]
    for (let seq = Math.max(from, shelf.allTo(lane) + 1); seq < Math.min(end, known); seq++)
      if (!shelf.has(lane, seq)) addSpan(spans, { lane, from: seq, count: 1 })
    const behind = Math.max(from, known)
    if (behind < end) addSpan(spans, { lane, from: behind, count: end - behind })
  }
}

/** What thousands of messages refer to lies mostly side by side, in their order. */
function addSpan(spans: Span[], span: Span): void {
  const last = spans.at(-1)
  if (last?.lane === span.lane && last.from + last.count === span.from)
    spans[spans.length - 1] = { ...last, count: last.count + span.count }
  else spans.push(span)
}

/** Neighbours as one, and nothing twice. */
export function merged(spans: readonly Span[]): Span[] {
  const all: Span[] = []
  for (const span of spans.toSorted((a, b) => a.lane - b.lane || a.from - b.from)) {
    const last = all.at(-1)
    if (last?.lane !== span.lane || last.from + last.count < span.from) all.push(span)
    else all[all.length - 1] = { ...last, count: Math.max(last.count, span.from + span.count - last.from) }
  }
  return all
}

function attempt<T>(work: () => T): T | Error {
  try {
    return work()
  } catch (thrown) {
    return thrown instanceof Error ? thrown : new Error(messageOf(thrown))
  }
}
