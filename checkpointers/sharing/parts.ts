// How a list lies in a row: as parts, each of which is a range of members, one small value, or a node, an element that holds
// the parts of the beginning. Who only appends to a list has one range, or a few parts and a few nodes: what stands in the row
// of a checkpoint does not grow with the list, in whatever order it was written. Nodes of nodes are of a higher level.
import { envelope, opened } from '../encoding.ts'
import type { Kept, Part } from './kept.ts'
import { MEMBERS, PARTS, ROOM } from './lanes.ts'
import type { Span } from './tables.ts'

/** More than these of one level become a node. */
const MOST = 64

interface Before {
  readonly parts: readonly Part[]
  /** How many members at its beginning the list still has. */
  readonly same: number
}

/** The parts of a list of `items`; `store` keeps a text on its own and gives its number. */
export function partsOf(items: readonly Kept[], { parts, same }: Before, store: (json: string) => number): Part[] {
  const found: Part[] = []
  let at = 0
  for (const part of parts) {
    if (at + part.count > same) break
    found.push(part)
    at += part.count
  }
  for (; at < items.length; at++) add(found, items[at]!)
  return folded(found, store)
}

function add(parts: Part[], item: Kept): void {
  const { member } = item as { member?: number }
  if (member === undefined) {
    parts.push({ level: 0, count: 1, tree: item.tree })
    return
  }
  const last = parts.at(-1)
  if (last?.from !== undefined && last.from + last.count === member)
    parts[parts.length - 1] = range(last.from, last.count + 1)
  else parts.push(range(member, 1))
}

export function range(from: number, count: number): Part {
  return { level: 0, count, from, tree: envelope('members', [from, count]) }
}

/** Levels only fall from the beginning of a list to its end, so those of one level lie side by side. */
function folded(parts: Part[], store: (json: string) => number): Part[] {
  let all = parts
  for (let level = 0; ; level++) {
    const first = all.findIndex((part) => part.level <= level)
    if (first === -1 || all.length - first <= MOST) return all
    const nodes = [...nodesOf(all.slice(first), { level, store })]
    all = [...all.slice(0, first), ...nodes]
  }
}

function* nodesOf(parts: readonly Part[], { level, store }: { level: number; store: (json: string) => number }) {
  const whole = Math.floor((parts.length - 1) / MOST) * MOST
  for (let at = 0; at < whole; at += MOST) {
    const within = parts.slice(at, at + MOST)
    const count = within.reduce((sum, part) => sum + part.count, 0)
    const number = store(JSON.stringify(within.map(({ tree }) => tree)))
    yield { level: level + 1, count, tree: envelope('node', number) }
  }
  yield* parts.slice(whole)
}

/** What stands in a row for a list of these parts. */
export function listTree(parts: readonly Part[]): object {
  return envelope(
    'list',
    parts.map(({ tree }) => tree)
  )
}

export interface Elements {
  /** The members that have been read already. */
  readonly members: readonly (Kept | undefined)[]
  member(number: number): Kept
  /** The parts that a node holds. */
  node(number: number): readonly unknown[]
  /** A value that stands in the row itself. */
  small(tree: unknown): Kept
}

/** The parts and the members of a list from what stands in its row. */
export function readParts(trees: readonly unknown[], elements: Elements): { parts: Part[]; items: Kept[] } {
  const items: Kept[] = []
  const parts = trees.map((tree) => readPart(tree, { items, elements }))
  return { parts, items }
}

function readPart(tree: unknown, { items, elements }: { items: Kept[]; elements: Elements }): Part {
  const found = opened(tree)
  if (found?.kind === 'members') {
    const [from, count] = found.of as [number, number]
    const { members } = elements
    for (let number = from; number < from + count; number++) items.push(members[number] ?? elements.member(number))
    return range(from, count)
  }
  if (found?.kind !== 'node') {
    items.push(elements.small(tree))
    return { level: 0, count: 1, tree }
  }
  const start = items.length
  const within = elements.node(found.of as number).map((part) => readPart(part, { items, elements }))
  return { level: within[0]!.level + 1, count: items.length - start, tree }
}

const MARK = '"$deputy":"'
const REFERENCE = /"\$deputy":"(at|node|members)","of":\[?(\d+)(?:,(\d+))?/y

/**
 * Which elements a text of JSON refers to. What a user wrote may look so too: then more is fetched than is needed, of this lane
 * at most.
 */
export function referencesIn(json: string): Span[] {
  const spans: Span[] = []
  for (let at = json.indexOf(MARK); at !== -1; at = json.indexOf(MARK, at + 1)) {
    REFERENCE.lastIndex = at
    const found = REFERENCE.exec(json)
    if (!found || Number(found[2]) >= ROOM) continue
    const from = Number(found[2])
    const lane = found[1] === 'members' ? MEMBERS : PARTS
    spans.push({ lane, from, count: Math.min(Number(found[3] ?? 1), ROOM - from) })
  }
  return spans
}
