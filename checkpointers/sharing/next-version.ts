const PARTS = /^0*(?<count>\d+)\./

/**
 * The version after one: whole numbers, counted on. Where a thread came from a saver that writes versions as text, `0…2.0.5…` in
 * Python, they stay text, as long as those there, so that they sort behind them.
 */
export function nextVersion(current: number | string | undefined): number | string {
  if (current === undefined) return 1
  if (typeof current === 'number') return Math.floor(current) + 1
  const count = Number(PARTS.exec(current)?.groups?.count ?? (Number.parseInt(current, 10) || 0)) + 1
  return `${String(count).padStart(current.indexOf('.') === -1 ? current.length : current.indexOf('.'), '0')}.0`
}
