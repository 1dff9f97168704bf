// The rows of bare messages of one kind are alike but for the number of their text and their id. One of each kind is read as any
// JSON is, and shows where these stand; those after it are read by that.
import type { BareKind, Said } from './bare-messages.ts'

interface RowKind {
  readonly bare: BareKind
  readonly head: string
  readonly between: string
  readonly tail: string
}

const kinds: RowKind[] = []
const MOST_KINDS = 16

/** A number as JSON has it, that is no bigger than a place may be. */
const PLACE = /^(?:0|[1-9]\d{0,14})$/
/** What stands in JSON as it is. */
const PLAIN_ID = /^[\w-]+$/

/** What the row of a bare message says, where one like it is known; `open` has the texts. */
export function saidByRow(json: string, open: (place: number) => unknown): ({ bare: BareKind } & Said) | undefined {
  for (const { bare, head, between, tail } of kinds) {
    if (!json.startsWith(head) || !json.endsWith(tail)) continue
    const at = json.indexOf(between, head.length)
    const place = json.slice(head.length, at)
    const id = json.slice(at + between.length, -tail.length)
    if (at === -1 || !PLACE.test(place) || !PLAIN_ID.test(id)) continue
    const content = open(Number(place))
    if (typeof content === 'string') return { bare, content, id }
  }
  return undefined
}

/** The next row like this one, which is that of a bare message with this id, is read by it. */
export function learnRow(json: string, { bare, id }: { bare: BareKind; id: unknown }): void {
  const [found, content, place] = CONTENT.exec(json) ?? []
  if (kinds.length === MOST_KINDS || found === undefined || typeof id !== 'string' || !PLAIN_ID.test(id)) return
  const from = json.indexOf(found) + content!.length
  const named = json.indexOf(`"id":"${id}"`, from)
  // A bare message has no other members with anything in them: it is its own id.
  if (named === -1 || named !== json.lastIndexOf('"id":"')) return
  const beyond = named + '"id":"'.length
  const between = json.slice(from + place!.length, beyond)
  kinds.push({ bare, head: json.slice(0, from), between, tail: json.slice(beyond + id.length) })
}

const CONTENT = /("content":\{"\$deputy":"at","of":)(\d+)/
