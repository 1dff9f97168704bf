import { copyOf } from './copy.ts'
import type { Kept, KeptList } from './kept.ts'

/**
 * Copies, of each thing one: for a reader of many values that have much in common. Lists mostly begin as the one before did, and
 * that beginning is taken over at once.
 */
export function copyOnce(): (kept: Kept) => unknown {
  const copies = new Map<Kept, unknown>()
  let last: { readonly items: readonly Kept[]; readonly copies: readonly unknown[] } | undefined

  function copyItem(kept: Kept): unknown {
    if (!copies.has(kept)) copies.set(kept, copyOf(kept))
    return copies.get(kept)
  }

  function copyList({ items }: KeptList): unknown[] {
    const common = last ? commonLength(items, last.items) : 0
    const copied = last ? last.copies.slice(0, common) : []
    for (let at = common; at < items.length; at++) copied.push(copyItem(items[at]!))
    if (items.length > LONG) last = { items, copies: copied.slice() }
    return copied
  }

  return (kept) => (kept.kind === 'list' ? copyList(kept) : copyItem(kept))
}

const LONG = 16

function commonLength(a: readonly Kept[], b: readonly Kept[]): number {
  const most = Math.min(a.length, b.length)
  for (let at = 0; at < most; at++) if (a[at] !== b[at]) return at
  return most
}
