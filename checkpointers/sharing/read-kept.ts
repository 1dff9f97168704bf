import { opened } from '../encoding.ts'
import { openOn, revive } from './keep.ts'
import type { Kept } from './kept.ts'
import { MEMBERS, PARTS } from './lanes.ts'
import { memberLeaf } from './member-leaf.ts'
import { readParts } from './parts.ts'
import type { Shelf } from './shelf.ts'

/**
 * What is known of a value from what stands for it in a row. All elements that it refers to have been fetched.
 * @throws Error where one of them is damaged or gone
 */
export function readKept(shelf: Shelf, tree: unknown): Kept {
  const found = opened(tree)
  switch (found?.kind) {
    case 'at':
      return readPart(shelf, { tree, seq: found.of as number })
    case 'list': {
      const { parts, items } = readParts(found.of as unknown[], elementsOf(shelf))
      return { kind: 'list', items, parts, tree }
    }
    case 'record':
      return readEntries(shelf, { entries: found.of as Entry[], parts: [], tree })
    case 'entries': {
      const { parts, items } = readParts(found.of as unknown[], { ...elementsOf(shelf), small: asItStands })
      return readEntries(shelf, { entries: items.map((item) => item.tree as Entry), parts, tree })
    }
    default:
      return Array.isArray(tree) && tree.length === 0 ? { kind: 'list', items: [], parts: [], tree } : leaf(shelf, tree)
  }
}

type Entry = readonly [name: string, tree: unknown]

/** An element is read once, and what is known of it shared by all that refer to it. */
function readPart(shelf: Shelf, { tree, seq }: { tree: unknown; seq: number }): Kept {
  const part = shelf.element(PARTS, seq)
  if (part.form === 'text') return { kind: 'leaf', value: part.text, tree }
  part.kept ??= { ...readKept(shelf, JSON.parse(part.text)), tree }
  return part.kept
}

function readEntries(
  shelf: Shelf,
  { entries, parts, tree }: { entries: readonly Entry[]; parts: (Kept & { kind: 'record' })['parts']; tree: unknown }
): Kept {
  const names = entries.map(([name]) => name)
  return { kind: 'record', names, items: entries.map(([, member]) => readKept(shelf, member)), parts, tree }
}

function asItStands(tree: unknown): Kept {
  return { kind: 'leaf', value: undefined, tree }
}

function leaf(shelf: Shelf, tree: unknown): Kept {
  return { kind: 'leaf', value: revive(shelf, JSON.stringify(tree)), tree }
}

function elementsOf(shelf: Shelf) {
  const open = openOn(shelf)
  return {
    members: shelf.members,
    member(number: number): Kept {
      const element = shelf.element(MEMBERS, number)
      element.kept ??= memberLeaf(number, { json: element.text, open })
      shelf.members[number] = element.kept
      return element.kept
    },
    node: (number: number) => JSON.parse(shelf.element(PARTS, number).text) as unknown[],
    small: (tree: unknown) => leaf(shelf, tree)
  }
}
