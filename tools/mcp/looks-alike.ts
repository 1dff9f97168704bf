/** What one letter of a server's name is taken for at a glance. Names have no others than lower case ASCII, digits and `-`. */
const TAKEN_FOR = [
  [/-/g, ''],
  [/0/g, 'o'],
  [/1/g, 'l'],
  [/rn/g, 'm'],
  [/vv/g, 'w']
] as const

const lookOf = (name: string): string => TAKEN_FOR.reduce((look, [letter, as]) => look.replace(letter, as), name)

/** Two names that a person who decides could take for each other; undefined where there are none. */
export function lookalikes(names: readonly string[]): readonly [string, string] | undefined {
  const byLook = new Map<string, string>()
  for (const name of names) {
    const other = byLook.get(lookOf(name))
    if (other !== undefined) return [other, name]
    byLook.set(lookOf(name), name)
  }
  return undefined
}
