/**
 * Whether `pattern`, in which `*` stands for any text, is the whole of `text`. It never backtracks, however many stars
 * there are: the text may be a whole file that a model wrote.
 */
export function matches(pattern: string, text: string): boolean {
  let star = pattern.indexOf('*')
  if (star < 0) return pattern === text
  if (!text.startsWith(pattern.slice(0, star))) return false
  let matched = star
  let rest = star + 1
  for (star = pattern.indexOf('*', rest); star >= 0; star = pattern.indexOf('*', rest)) {
    const found = text.indexOf(pattern.slice(rest, star), matched)
    if (found < 0) return false
    matched = found + star - rest
    rest = star + 1
  }
  return text.length - matched >= pattern.length - rest && text.endsWith(pattern.slice(rest))
}
