// P1. Lines are compared without their endings; those that stay keep theirs, and one that comes gets that of its neighbour.
// P2. A byte order mark is no part of the first line. A file that ends without a line ending goes on to do so.
// P3. A change is made where its lines stand once, behind the change before it. Where they stand several times nothing is
//     guessed: the places are named.
import type { Hunk } from './patch-text.ts'

export type Patched =
  | { kind: 'patched'; text: string }
  /** Of which hunk, counted from 0; `line` is the first one that was looked for. */
  | { kind: 'missing'; hunk: number; line: string; after: number }
  | { kind: 'ambiguous'; hunk: number; places: readonly number[] }
  /** It only puts lines, and does not say where. */
  | { kind: 'placeless'; hunk: number }

interface Line {
  readonly text: string
  readonly ending: string
}

type Place = { at: number } | Exclude<Patched, { kind: 'patched' }>

/** What hunks make of a text. Pure. */
export function patched(whole: string, { hunks, mark = '' }: { hunks: readonly Hunk[]; mark?: string }): Patched {
  const hasMark = mark !== '' && whole.startsWith(mark)
  const lines = linesIn(hasMark ? whole.slice(mark.length) : whole)
  const parts: Line[] = []
  let from = 0
  for (const [hunk, wanted] of hunks.entries()) {
    const place = placeOf(wanted, { lines, from, hunk })
    if ('kind' in place) return place
    parts.push(...lines.slice(from, place.at), ...changed(wanted, { lines, at: place.at }))
    from = place.at + lengthOf(wanted)
  }
  parts.push(...lines.slice(from))
  return { kind: 'patched', text: (hasMark ? mark : '') + joined(parts, lines) }
}

function linesIn(text: string): Line[] {
  const parts = text.match(/[^\n]*\n|[^\n]+$/g) ?? []
  return parts.map((part) => {
    const ending = part.endsWith('\r\n') ? '\r\n' : part.endsWith('\n') ? '\n' : ''
    return { text: part.slice(0, part.length - ending.length), ending }
  })
}

const lengthOf = ({ lines }: Hunk) => lines.filter(({ kind }) => kind !== 'put').length

function placeOf(
  hunk: Hunk,
  { lines, from, hunk: nth }: { lines: readonly Line[]; from: number; hunk: number }
): Place {
  let start = from
  for (const anchor of hunk.behind) {
    const found = lines.findIndex((line, at) => at >= start && line.text.trim() === anchor.trim())
    if (found < 0) return { kind: 'missing', hunk: nth, line: anchor, after: start }
    start = found + 1
  }
  const old = hunk.lines.filter(({ kind }) => kind !== 'put').map(({ text }) => text)
  if (old.length === 0) {
    if (hunk.atEnd || lines.length === 0) return { at: lines.length }
    return hunk.behind.length > 0 ? { at: start } : { kind: 'placeless', hunk: nth }
  }
  const places = placesOf(old, { lines, from: start }).filter((at) => !hunk.atEnd || at + old.length === lines.length)
  if (places.length === 0) return { kind: 'missing', hunk: nth, line: old[0]!, after: start }
  if (places.length > 1) return { kind: 'ambiguous', hunk: nth, places: places.map((at) => at + 1) }
  return { at: places[0]! }
}

function placesOf(old: readonly string[], { lines, from }: { lines: readonly Line[]; from: number }): number[] {
  const places: number[] = []
  for (let at = from; at + old.length <= lines.length; at++)
    if (old.every((text, nth) => lines[at + nth]!.text === text)) places.push(at)
  return places
}

function changed(hunk: Hunk, { lines, at }: { lines: readonly Line[]; at: number }): Line[] {
  let next = at
  return hunk.lines.flatMap(({ kind, text }) => {
    if (kind === 'keep') return [lines[next++]!]
    if (kind === 'take') {
      next++
      return []
    }
    return [{ text, ending: endingAt(next, lines) }]
  })
}

/** That of the line that stands there, or of the one before it; of a file without any, that of Unix. */
function endingAt(at: number, lines: readonly Line[]): string {
  return lines[at]?.ending || lines[at - 1]?.ending || lines[0]?.ending || '\n'
}

/** Only the last line may be without an ending, and is where it was. */
function joined(parts: readonly Line[], before: readonly Line[]): string {
  const isOpen = before.length > 0 && before.at(-1)!.ending === ''
  const texts = parts.map(({ text, ending }, at) => {
    if (at < parts.length - 1) return text + (ending || endingAt(0, before))
    return isOpen ? text : text + ending
  })
  return texts.join('')
}
