/** Takes out of a map what is not wanted any more, and gives how many that were. */
export function forget<Key, Row>(rows: Map<Key, Row>, isUnwanted: (row: Row, key: Key) => boolean): number {
  const before = rows.size
  for (const [key, row] of rows) if (isUnwanted(row, key)) rows.delete(key)
  return before - rows.size
}
