// Every point at which a process can die, and pairs of points for a process that dies while it recovers. Some 40 minutes on two
// cores that have other work too. The short form is kill-points.test.ts.
import { assert, it } from 'vitest'
import type { CrashPoint } from '../support/crashing-store.ts'
import { postgresPlace, sqlitePlace } from '../support/stores.ts'
import { seeded } from './seeded.ts'
import { liveThrough, type Story } from './story.ts'

type Scene = Pick<Story, 'seed' | 'makePlace'>

const ALL_POINTS = [
  { name: 'SQLite', makePlace: sqlitePlace, seed: 1 },
  { name: 'SQLite', makePlace: sqlitePlace, seed: 2 },
  { name: 'Postgres', makePlace: postgresPlace, seed: 3 }
]
const PAIRS = [
  { name: 'SQLite', makePlace: sqlitePlace, seed: 4, count: 200 },
  { name: 'Postgres', makePlace: postgresPlace, seed: 5, count: 50 }
]
const WHEN = ['before', 'after'] as const

for (const { name, ...scene } of ALL_POINTS)
  it(`a tree on ${name} is finished wherever its process dies, seed ${scene.seed}`, async () => {
    const steps = await stepsOf(scene)
    const points = Array.from({ length: steps }, (_, at) => WHEN.map((when) => ({ step: at + 1, when }))).flat()
    await all(
      scene,
      points.map((point) => [point])
    )
  })

for (const { name, count, ...scene } of PAIRS)
  it(`a tree on ${name} is finished when two processes die one after the other, seed ${scene.seed}`, async () => {
    const random = seeded(scene.seed)
    const steps = await stepsOf(scene)
    const point = (): CrashPoint => ({
      step: 1 + Math.floor(random() * steps),
      when: random() < 0.5 ? 'before' : 'after'
    })
    await all(
      scene,
      Array.from({ length: count }, () => [point(), point()])
    )
  })

async function stepsOf(scene: Scene): Promise<number> {
  return (await liveThrough({ ...scene, crashes: [] })).length
}

/** Every case is tried, also after one that failed. */
async function all(scene: Scene, cases: readonly (readonly CrashPoint[])[]): Promise<void> {
  const failures: unknown[] = []
  for (const crashes of cases) await liveThrough({ ...scene, crashes }).catch((failure) => failures.push(failure))
  console.log(`${cases.length} crash points, seed ${scene.seed}: ${failures.length} failed`)
  assert.deepEqual(failures.map(String), [])
}
