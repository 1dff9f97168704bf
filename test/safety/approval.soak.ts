// Three minutes on two cores. The short form, four seeds, is in approval.test.ts.
import { it } from 'vitest'
import { answeredInAnyOrder } from './answered-in-any-order.ts'
import { inMemory, onSqlite } from './lend.ts'

for (const [name, open, { seeds, atOnce }] of [
  ['in memory, one by one', inMemory, { seeds: 200, atOnce: 1 }],
  ['in memory, three at a time', inMemory, { seeds: 40, atOnce: 3 }],
  ['in memory, all at once', inMemory, { seeds: 20, atOnce: 18 }],
  ['on SQLite, one by one', onSqlite, { seeds: 10, atOnce: 1 }],
  ['on SQLite, all at once', onSqlite, { seeds: 10, atOnce: 18 }]
] as const)
  it(`eighteen asks of one tree are answered ${name}, in the orders of ${seeds} seeds`, async () => {
    for (let seed = 1; seed <= seeds; seed++) await answeredInAnyOrder({ seed, atOnce, lend: await open() })
  })
