import { createHash } from 'node:crypto'

/** What every provider takes. */
const LONGEST = 64
const BETWEEN = '__'

/**
 * The names under which a model is told of a server's tools: `server__tool`, where the server's name has no `_`, so no tool of one
 * server is taken for one of another. Names that differ only in case, in look or in what a provider does not take would be one:
 * each of them bears its hash.
 */
export function toolNames(server: string, names: readonly string[]): ReadonlyMap<string, string> {
  const plain = names.map((name) => name.replace(/[^a-zA-Z0-9_-]/g, '_'))
  const counts = new Map<string, number>()
  for (const name of plain) counts.set(name.toLowerCase(), (counts.get(name.toLowerCase()) ?? 0) + 1)
  return new Map(
    names.map((name, index) => {
      const offered = plain[index]!
      const whole = `${server}${BETWEEN}${offered}`
      const isItself = offered === name && counts.get(offered.toLowerCase()) === 1 && whole.length <= LONGEST
      return [name, isItself ? whole : hashed(whole, name)]
    })
  )
}

function hashed(whole: string, name: string): string {
  const mark = `_${createHash('sha256').update(name).digest('hex').slice(0, 8)}`
  return whole.slice(0, LONGEST - mark.length) + mark
}
