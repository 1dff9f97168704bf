// What this process knows of the checkpoints of one thread and namespace, a list.
//
// S1. Elements are never changed, so what is known of one stays true for as long as the list is the same one: another id or
//     epoch of the list's row says that elements were deleted, and then a shelf is thrown away.
// S2. Elements get their numbers here, before they are written. Whoever writes them checks in the transaction that the numbers are
//     still the next ones. Where another process was first, all that was not written yet is encoded again on a new shelf.

import type { Kept } from './kept.ts'
import { expectRoom, type Lane, MEMBERS, PARTS } from './lanes.ts'
import { Outdated } from './outdated.ts'
import type { Form, Template } from './packing.ts'
import { RecentTexts } from './recent-texts.ts'

/** Which list: what LangGraph says for it. */
export interface ListName {
  readonly threadId: string
  readonly namespace: string
}

/** The row of a list, and where its lanes end. */
export interface ListState {
  readonly list: number
  readonly epoch: number
  /** The last number in each lane, 0 where there is none. */
  readonly last: readonly [parts: number, members: number]
}

export interface Element {
  readonly form: Form
  readonly text: string
  kept?: Kept
}

export interface FreshElement {
  readonly lane: Lane
  readonly seq: number
  readonly form: Form
  readonly text: string
}

/** What is known of the channels of a checkpoint. */
export interface KnownCheckpoint {
  /** What its row says, unpacked. */
  readonly text: string
  readonly channels: ReadonlyMap<string, Kept>
  readonly versions: Readonly<Record<string, unknown>>
}

const CHECKPOINTS = 4

export class Shelf {
  readonly name: ListName
  #found: ListState | undefined
  /** How this list begins the places of its seals. */
  readonly place: string
  /** What is known is wrong: somebody else has written, or we could not. */
  isDead = false
  /** What the bodies of its rows are like. */
  template: Template | undefined
  /** What is known of members, by their numbers: lists are thousands of them, and read often. */
  readonly members: (Kept | undefined)[] = []
  /** How many characters were read and written, roughly what it holds. */
  size = 0
  readonly #elements: readonly [Map<number, Element | Error>, Map<number, Element | Error>] = [new Map(), new Map()]
  readonly #recent = [new RecentTexts(), new RecentTexts()] as const
  readonly #last: [number, number]
  readonly #checkpoints = new Map<string, KnownCheckpoint>()
  readonly #allTo: [number, number] = [0, 0]
  readonly #highest: [number, number] = [0, 0]
  #fresh: FreshElement[] = []
  #turn: Promise<unknown> = Promise.resolve()
  #isTorn = false
  #bodies = 0
  #sizeAtFirst: number | undefined

  constructor(name: ListName, found: ListState | undefined) {
    this.name = name
    this.#found = found
    this.place = JSON.stringify([name.threadId, name.namespace])
    this.#last = found ? [...found.last] : [0, 0]
  }

  /** The row of the list, undefined while there is none. */
  get found(): ListState | undefined {
    return this.#found
  }

  isWrittenTo(list: number): void {
    this.#found ??= { list, epoch: 0, last: [0, 0] }
  }

  /** Whether the row of the list is the one that this shelf was filled from. */
  isOf(row: { list: number; epoch: number } | undefined): boolean {
    return row?.list === this.#found?.list && row?.epoch === this.#found?.epoch
  }

  /** The number of a text in a lane, where it is put unless it was lately. */
  store(lane: Lane, { form, text, kept }: Element): number {
    const key = `${form[0]}${text}`
    const known = this.#recent[lane].placeOf(key)
    if (known !== undefined) return known
    const seq = ++this.#last[lane]
    expectRoom(seq)
    this.#recent[lane].remember(key, seq)
    this.#fresh.push({ lane, seq, form, text })
    this.put(lane, seq, kept ? { form, text, kept } : { form, text })
    return seq
  }

  part(form: Form, text: string): number {
    return this.store(PARTS, { form, text })
  }

  put(lane: Lane, seq: number, element: Element | Error): void {
    const elements = this.#elements[lane]
    elements.set(seq, element)
    while (elements.has(this.#allTo[lane] + 1)) this.#allTo[lane] += 1
    this.#highest[lane] = Math.max(this.#highest[lane], seq)
    if (!(element instanceof Error)) this.size += element.text.length + 64
  }

  /**
   * One after the other: who finds an element here finds what it refers to as well, and not on its way. After one that failed
   * something may be missing. @throws Outdated
   */
  async inTurn<T>(fetch: () => Promise<T>): Promise<T> {
    const fetched = this.#turn.then(() => {
      if (this.#isTorn) throw new Outdated(this.place)
      return fetch()
    })
    this.#turn = fetched.catch(() => {
      this.isDead = true
      this.#isTorn = true
    })
    return fetched
  }

  /** How far all elements from the first one on are here. */
  allTo(lane: Lane): number {
    return this.#allTo[lane]
  }

  /** The last number of which an element is here. */
  highest(lane: Lane): number {
    return this.#highest[lane]
  }

  has(lane: Lane, seq: number): boolean {
    return this.#elements[lane].has(seq)
  }

  /** @throws Error where it could not be read */
  element(lane: Lane, seq: number): Element {
    const element = this.#elements[lane].get(seq)
    if (element instanceof Error) throw element
    if (!element) throw new Error(`${elementName(lane, seq)}: it is gone`)
    return element
  }

  /** Whether it holds more than so many characters, and mostly what no checkpoint in use needs any more. */
  isOvergrown(most: number): boolean {
    return this.size > most && this.size > 2 * (this.#sizeAtFirst ?? 0)
  }

  /** The how-manieth body this one is. */
  countBody(): number {
    return ++this.#bodies
  }

  /** What was stored since this was asked last. */
  takeFresh(): FreshElement[] {
    const fresh = this.#fresh
    this.#fresh = []
    return fresh
  }

  checkpoint(id: string): KnownCheckpoint | undefined {
    return this.#checkpoints.get(id)
  }

  /** Remembers the last few: what is put is put after one of them. */
  know(id: string, checkpoint: KnownCheckpoint): void {
    this.#sizeAtFirst ??= this.size
    this.#checkpoints.delete(id)
    this.#checkpoints.set(id, checkpoint)
    for (const oldest of this.#checkpoints.keys()) {
      if (this.#checkpoints.size <= CHECKPOINTS) return
      this.#checkpoints.delete(oldest)
    }
  }
}

export function elementName(lane: Lane, seq: number): string {
  return `deputy_elements ${lane === MEMBERS ? 'member' : 'part'} ${seq}`
}
