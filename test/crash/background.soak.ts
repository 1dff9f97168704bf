// Background tasks whose process dies: at points all over the life of the tree, and twice in a row.
import { assert, it } from 'vitest'
import type { CrashPoint } from '../support/crashing-store.ts'
import { postgresPlace, sqlitePlace } from '../support/stores.ts'
import { leftAtWork } from './background.ts'
import { seeded } from './seeded.ts'

const SCENES = [
  { name: 'SQLite', makePlace: sqlitePlace, seed: 11, lives: 1, count: 200 },
  { name: 'SQLite', makePlace: sqlitePlace, seed: 12, lives: 2, count: 100 },
  { name: 'Postgres', makePlace: postgresPlace, seed: 13, lives: 1, count: 40 },
  { name: 'Postgres', makePlace: postgresPlace, seed: 14, lives: 2, count: 20 }
]

for (const { name, makePlace, seed, lives, count } of SCENES)
  it(`twenty background tasks on ${name} are told once each, ${lives} kills in a row, seed ${seed}`, async () => {
    const random = seeded(seed)
    const steps = (await leftAtWork({ seed, makePlace, crashes: [] })).length
    const failures: unknown[] = []
    for (let nth = 0; nth < count; nth++) {
      const crashes = Array.from({ length: lives }, () => pointOf(steps, random))
      await leftAtWork({ seed, makePlace, crashes }).catch((failure) => failures.push(failure))
    }
    console.log(`${count} × ${lives} kills over ${steps} steps, seed ${seed}: ${failures.length} failed`)
    assert.deepEqual(failures.map(String), [])
  })

function pointOf(steps: number, random: () => number): CrashPoint {
  return { step: 1 + Math.floor(random() * steps), when: random() < 0.5 ? 'before' : 'after' }
}
