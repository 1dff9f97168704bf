/** How many characters of texts are remembered. */
const MOST = 32_000_000

/** Where texts lie that were written lately, so that one that is written again is not stored again. */
export class RecentTexts {
  readonly #places = new Map<string, number>()
  #size = 0

  placeOf(text: string): number | undefined {
    return this.#places.get(text)
  }

  remember(text: string, place: number): void {
    this.#places.set(text, place)
    this.#size += text.length
    for (const oldest of this.#places.keys()) {
      if (this.#size <= MOST || this.#places.size === 1) return
      this.#places.delete(oldest)
      this.#size -= oldest.length
    }
  }
}
