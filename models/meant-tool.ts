/** What some models were taught to write before the name of a tool. */
const PREFIX = /^(?:functions|default_api)\./i

/**
 * The one tool that a name can mean: the tool of that name, without a prefix, or else in other letters of upper and lower
 * case. A name that may mean two, or none, is given back as it is.
 */
export function meantTool(name: string, known: readonly string[]): string {
  if (known.includes(name)) return name
  const bare = name.replace(PREFIX, '')
  if (known.includes(bare)) return bare
  const meant = new Set([name.toLowerCase(), bare.toLowerCase()])
  const alike = known.filter((tool) => meant.has(tool.toLowerCase()))
  return alike.length === 1 ? alike[0]! : name
}
