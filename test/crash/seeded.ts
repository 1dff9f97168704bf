/** Numbers from 0 to 1 that look drawn, the same for the same seed. */
export function seeded(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

/** One whole number in each of `count` equal parts of 1 to `last`, so that no stretch is left out. */
export function spread({ count, last, random }: { count: number; last: number; random: () => number }): number[] {
  return Array.from({ length: count }, (_, part) => 1 + Math.floor(((part + random()) * last) / count))
}
