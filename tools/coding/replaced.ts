// R1. A model writes `\n`. It also stands for the `\r\n` of the text, and what is put in gets the line ending that follows there.
//     A model that writes `\r` itself is taken at its word.
// R2. A place where `new` contains `old` and stands already is left alone: a call repeated after a crash doubles nothing. Only
//     where the new text and its neighbours happen to form `old` once more is it replaced once more.
// R3. Places that overlap count as several.

export type Replacement =
  | { kind: 'replaced'; text: string; places: number }
  /** All of it was done before. */
  | { kind: 'done' }
  | { kind: 'missing'; hasNew: boolean }
  | { kind: 'ambiguous'; places: number }

interface Wanted {
  readonly old: string
  readonly new: string
  readonly all: boolean
}

interface Place {
  readonly start: number
  readonly end: number
}

type Change = Place & { readonly text: string }

/** What becomes of a text when `old` gives way to `new`. Pure. */
export function replaced(text: string, wanted: Wanted): Replacement {
  const pattern = patternOf(wanted)
  const found = placesOf(pattern, text)
  if (found.length === 0) return { kind: 'missing', hasNew: wanted.new !== '' && text.includes(wanted.new) }
  if (found.length > 1 && !wanted.all) return { kind: 'ambiguous', places: found.length }
  const changes = apart(found)
    .map((place) => ({ ...place, text: inStyle(wanted, text, place) }))
    .filter((change) => !stands(text, change, pattern))
  if (changes.length === 0) return { kind: 'done' }
  return { kind: 'replaced', text: put(text, changes), places: changes.length }
}

const saysItself = ({ old, new: text }: Wanted): boolean => old.includes('\r') || text.includes('\r')

/** Looks ahead, so that places which overlap are all found. */
function patternOf(wanted: Wanted): RegExp {
  const literal = wanted.old.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')
  const source = saysItself(wanted) ? literal : literal.replaceAll('\n', '(?:\\r\\n|(?<!\\r)\\n)')
  return new RegExp(`(?=(${source}))`, 'g')
}

function placesOf(pattern: RegExp, text: string): Place[] {
  return Array.from(text.matchAll(pattern), (match) => ({
    start: match.index,
    end: match.index + (match[1] ?? '').length
  }))
}

function apart(places: readonly Place[]): Place[] {
  const kept: Place[] = []
  for (const place of places) if (place.start >= (kept.at(-1)?.end ?? 0)) kept.push(place)
  return kept
}

/** `new` with the line ending that follows at this place, or else that of the text. */
function inStyle(wanted: Wanted, text: string, place: Place): string {
  if (saysItself(wanted)) return wanted.new
  const ending = endingFrom(text, place.start) ?? endingFrom(text, 0) ?? '\n'
  return wanted.new.replaceAll('\n', ending)
}

function endingFrom(text: string, start: number): string | undefined {
  const at = text.indexOf('\n', start)
  if (at < 0) return undefined
  return text[at - 1] === '\r' ? '\r\n' : '\n'
}

/** Whether the new text, which contains the old, is at this place already. */
function stands(text: string, change: Change, pattern: RegExp): boolean {
  return placesOf(pattern, change.text)
    .map((inside) => change.start - inside.start)
    .some((start) => start >= 0 && text.startsWith(change.text, start))
}

function put(text: string, changes: readonly Change[]): string {
  const parts = changes.map((change, index) => text.slice(changes[index - 1]?.end ?? 0, change.start) + change.text)
  return parts.join('') + text.slice(changes.at(-1)?.end ?? 0)
}
