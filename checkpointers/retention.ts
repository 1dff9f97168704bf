/** What share of the events that stay goes at once: deleting a few with each append would cost more than the append. */
const SHARE = 100

/**
 * Up to which number the events of a tree go as it grows from `after` to `last`; undefined where none do now. Between `keep`
 * and a hundredth more than that are kept. Nothing has to be remembered for it: it is due at round numbers.
 */
export function dueToGo({ after, last, keep }: { after: number; last: number; keep: number }): number | undefined {
  const step = Math.max(1, Math.floor(keep / SHARE))
  const isDue = Math.floor(last / step) > Math.floor(after / step)
  return isDue && last > keep ? last - keep : undefined
}
