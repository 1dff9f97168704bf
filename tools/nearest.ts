/** The known names that are most like `name`, the nearest first. */
export function nearest(name: string, known: readonly string[], count = 3): string[] {
  const wanted = name.slice(0, LONGEST).toLowerCase()
  return known
    .map((candidate) => ({ candidate, edits: edits(wanted, candidate.toLowerCase()) }))
    .sort((a, b) => a.edits - b.edits)
    .slice(0, count)
    .map(({ candidate }) => candidate)
}

/** A model may call a tool by any length of name; this much of it is compared. */
const LONGEST = 64

/** How many letters must be put in, taken out or exchanged to make `a` of `b` (Levenshtein). */
function edits(a: string, b: string): number {
  let above = Array.from({ length: b.length + 1 }, (_, column) => column)
  for (let row = 1; row <= a.length; row++) {
    const line = [row]
    for (let column = 1; column <= b.length; column++) {
      const exchange = above[column - 1]! + (a[row - 1] === b[column - 1] ? 0 : 1)
      line.push(Math.min(exchange, above[column]! + 1, line[column - 1]! + 1))
    }
    above = line
  }
  return above[b.length]!
}
