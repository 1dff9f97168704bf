import { Outdated } from './outdated.ts'
import { type ListName, Shelf } from './shelf.ts'
import type { CheckpointTables } from './tables.ts'

/** How much is known at a time. */
export interface Bounds {
  readonly lists: number
  /** Of all lists together. One by itself may hold more where its newest checkpoints do. */
  readonly characters: number
}
const BOUNDS: Bounds = { lists: 256, characters: 100_000_000 }

/** The lists that were used last. */
export class Shelves {
  readonly #tables: CheckpointTables
  readonly #bounds: Bounds
  readonly #known = new Map<string, Shelf>()
  readonly #opening = new Map<string, Promise<Shelf>>()

  constructor(tables: CheckpointTables, bounds = BOUNDS) {
    this.#tables = tables
    this.#bounds = bounds
  }

  /** What is known of a list, if it is. */
  known(name: ListName): Shelf | undefined {
    const key = keyOf(name)
    const shelf = this.#known.get(key)
    if (!shelf || shelf.isDead) return undefined
    this.#known.delete(key)
    if (shelf.isOvergrown(this.#bounds.characters)) return undefined
    this.#known.set(key, shelf)
    return shelf
  }

  /** Those who ask for one at the same time get the same. */
  async open(name: ListName): Promise<Shelf> {
    const known = this.known(name)
    if (known) return known
    const key = keyOf(name)
    const opening = this.#opening.get(key) ?? this.#find(name).finally(() => this.#opening.delete(key))
    this.#opening.set(key, opening)
    return opening
  }

  /** The shelf of a list of which a row was just read. @throws Outdated where that is not how it is any more */
  async of(name: ListName, row: { list: number; epoch: number }): Promise<Shelf> {
    const known = await this.open(name)
    if (known.isOf(row)) return known
    known.isDead = true
    const shelf = await this.open(name)
    if (shelf.isOf(row)) return shelf
    throw new Outdated(shelf.place)
  }

  forget(threadId: string): void {
    for (const shelf of this.#known.values()) if (shelf.name.threadId === threadId) shelf.isDead = true
  }

  async #find(name: ListName): Promise<Shelf> {
    const shelf = new Shelf(name, await this.#tables.find(name))
    this.#known.set(keyOf(name), shelf)
    this.#makeRoom()
    return shelf
  }

  #makeRoom(): void {
    const { lists, characters } = this.#bounds
    let held = 0
    for (const { size } of this.#known.values()) held += size
    for (const [key, shelf] of this.#known) {
      if (this.#known.size <= lists && held <= characters) return
      held -= shelf.size
      this.#known.delete(key)
    }
  }
}

function keyOf({ threadId, namespace }: ListName): string {
  return JSON.stringify([threadId, namespace])
}
