import { decode, elsewhere, encode, envelope, isEnveloped } from '../encoding.ts'
import { isStillBare, type Said } from './bare-messages.ts'
import type { Kept, KeptLeaf, KeptList, KeptRecord } from './kept.ts'
import { MEMBERS, PARTS } from './lanes.ts'
import { memberLeaf } from './member-leaf.ts'
import { isSameMessage } from './message-shape.ts'
import { listTree, partsOf } from './parts.ts'
import { isSame } from './same.ts'
import type { Shelf } from './shelf.ts'

/** Texts from this length on are stored on their own, once. */
const LONG_TEXT = 256
/** What is longer than this as JSON does not stand in the row of a checkpoint. */
const LARGE = 512
/** A member of a list that is longer than this is stored on its own. Messages always are. */
const LARGE_MEMBER = 200
/** More members than these are kept as a list is. */
const MANY = 64

/** Stores of a value what is not there yet. `before` is what was stored in its place: what it still has of that is not stored again. */
export function keep(shelf: Shelf, value: unknown, before?: Kept): Kept {
  if (Array.isArray(value)) return keepList(shelf, value, before?.kind === 'list' ? before : undefined)
  if (isPlain(value)) return keepRecord(shelf, value, before?.kind === 'record' ? before : undefined)
  return keepLeaf(shelf, value, { before })
}

function isPlain(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null || isEnveloped(value)) return false
  const prototype = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null
}

/** A value as a whole. */
function keepLeaf(shelf: Shelf, value: unknown, { before, within = [] }: Around): KeptLeaf {
  if (before?.kind === 'leaf' && isStill(value, before)) return before
  const json = jsonOf(shelf, value, within)
  const tree = json.length > LARGE ? elsewhere(shelf.part('json', json)) : JSON.parse(json)
  return { kind: 'leaf', value: revive(shelf, json), tree }
}

interface Around {
  readonly before?: Kept | undefined
  readonly within?: readonly object[]
}

/** The value as JSON, with its long texts elsewhere. */
export function jsonOf(shelf: Shelf, value: unknown, within: readonly object[] = []): string {
  return JSON.stringify(encode(value, { within, shareText: (text) => textTree(shelf, text) }))
}

function textTree(shelf: Shelf, text: string): unknown {
  return text.length < LONG_TEXT ? text : elsewhere(shelf.part('text', text))
}

/** What comes back of it. */
export function revive(shelf: Shelf, json: string): unknown {
  return decode(JSON.parse(json), openOn(shelf))
}

/** Gives the texts that lie elsewhere. @throws Error where one is damaged or gone */
export function openOn(shelf: Shelf): (seq: number) => string {
  return (seq) => shelf.element(PARTS, seq).text
}

function keepList(shelf: Shelf, list: readonly unknown[], before: KeptList | undefined): Kept {
  const had = before?.items ?? []
  const same = countSame(list, had)
  if (before && same === list.length && same === had.length) return before
  const items = had.slice(0, same)
  const movedTo = moved(had.slice(same), list.length - had.length)
  for (let at = same; at < list.length; at++)
    items.push(movedTo(list[at], at - same) ?? keepMember(shelf, list[at], [list]))
  if (items.length === 0) return { kind: 'list', items, parts: [], tree: [] }
  const parts = partsOf(items, { parts: before?.parts ?? [], same }, (json) => shelf.part('json', json))
  return { kind: 'list', items, parts, tree: boxed(shelf, listTree(parts)) }
}

/** A message that was given in another order is compared the slow way. */
function isStill(value: unknown, kept: KeptLeaf): boolean {
  const { bare, shape } = kept
  if (bare) return isStillBare(value, kept as Said, bare) || isSame(value, kept.value)
  return (shape !== undefined && isSameMessage(value, kept.value, shape)) || isSame(value, kept.value)
}

/** How many members at the beginning of a list are still those that were stored. */
function countSame(values: readonly unknown[], items: readonly Kept[]): number {
  const most = Math.min(values.length, items.length)
  for (let at = 0; at < most; at++) {
    const item = items[at]!
    if (item.kind !== 'leaf' || !isStill(values[at], item)) return at
  }
  return most
}

/** Finds what moved within a list: by the ids that messages have, or by how much longer the list is now. */
function moved(items: readonly Kept[], longer: number): (value: unknown, at: number) => Kept | undefined {
  if (items.length === 0) return () => undefined
  const ofId = new Map(items.map((item) => [item.kind === 'leaf' ? keptId(item) : undefined, item]))
  return (value, at) => {
    const candidates = [ofId.get(idOf(value)), items[at - longer]]
    return candidates.find((item) => item?.kind === 'leaf' && isStill(value, item))
  }
}

function keptId(leaf: KeptLeaf): unknown {
  return leaf.bare ? leaf.id : idOf(leaf.value)
}

function idOf(value: unknown): unknown {
  return typeof value === 'object' && value !== null ? (value as { id?: unknown }).id : undefined
}

function keepMember(shelf: Shelf, value: unknown, within: readonly object[]): KeptLeaf {
  const json = jsonOf(shelf, value, within)
  if (json.length <= LARGE_MEMBER && !json.startsWith(MESSAGE))
    return { kind: 'leaf', value: revive(shelf, json), tree: JSON.parse(json) }
  const number = shelf.store(MEMBERS, { form: 'json', text: json })
  const stored = memberLeaf(number, { json, open: openOn(shelf) })
  shelf.element(MEMBERS, number).kept = stored
  return stored
}

const MESSAGE = '{"$deputy":"message"'

function keepRecord(shelf: Shelf, members: Record<string, unknown>, before: KeptRecord | undefined): Kept {
  const names = Object.keys(members).filter((name) => !isLeftOut(members[name]))
  const had = new Map(before?.names.map((name, at) => [name, before.items[at]!]))
  const items = names.map((name) => keepLeaf(shelf, members[name], { before: had.get(name), within: [members] }))
  const isAsBefore = (name: string, at: number) => name === before?.names[at] && items[at] === before.items[at]
  if (before && names.length === before.names.length && names.every(isAsBefore)) return before
  if (names.length <= MANY) {
    const tree = boxed(
      shelf,
      envelope(
        'record',
        names.map((name, at) => [name, items[at]!.tree])
      )
    )
    return { kind: 'record', names, items, parts: [], tree }
  }
  const firstOther = names.findIndex((name, at) => !isAsBefore(name, at))
  const same = firstOther === -1 ? names.length : firstOther
  const entries = items.map((item, at): KeptLeaf => ({ kind: 'leaf', value: undefined, tree: [names[at], item.tree] }))
  const parts = partsOf(entries, { parts: before?.parts ?? [], same }, (json) => shelf.part('json', json))
  return {
    kind: 'record',
    names,
    items,
    parts,
    tree: boxed(
      shelf,
      envelope(
        'entries',
        parts.map(({ tree }) => tree)
      )
    )
  }
}

function isLeftOut(value: unknown): boolean {
  return typeof value === 'function' || typeof value === 'symbol'
}

function boxed(shelf: Shelf, tree: object): unknown {
  const json = JSON.stringify(tree)
  return json.length > LARGE ? elsewhere(shelf.part('json', json)) : tree
}
