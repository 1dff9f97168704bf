import type { BenchCase } from '../case.ts'
import { alternated } from '../measure.ts'
import { countRow, timeRows } from '../rows.ts'
import * as deputy from '../sides/deputy.ts'
import * as langchain from '../sides/langchain.ts'
import { bytesOf, onSqlite, pragmasOf } from '../sqlite.ts'
import { inTempDir } from '../temp-dir.ts'

const STEPS = 50
const WARM_UPS = 5

export const durable: BenchCase = {
  summary: `a step of ${STEPS} in one turn on a SQLite file, every checkpoint written before the next step starts`,
  rounds: 9,
  notMeasured: [
    'power loss: with synchronous=NORMAL a committed step survives the process, not the machine',
    'second and later turns of a thread: each turn here is on a new one',
    'several processes on one file, Postgres, opening the file'
  ],
  run: ({ rounds }) =>
    inTempDir((dir) =>
      onSqlite(dir, async ({ ours, theirs }) => {
        const work = { steps: STEPS }
        const sides = { ours: deputy.storedTurns(ours.store, work), theirs: langchain.savedTurns(theirs.saver, work) }
        const samples = await alternated(sides, { rounds, warmUps: WARM_UPS })
        const stepsOnFile = (rounds + WARM_UPS) * STEPS
        const peer = `${langchain.PEER} + SqliteSaver`
        return {
          rows: [
            ...timeRows(samples, { name: 'durable', peer, per: { of: 'step', count: STEPS } }),
            countRow({
              name: 'durable, disk',
              unit: 'bytes/step',
              peer,
              ours: bytesOf(ours) / stepsOnFile,
              theirs: bytesOf(theirs) / stepsOnFile
            })
          ],
          notes: { 'pragmas, ours': pragmasOf(ours.db), 'pragmas, theirs': pragmasOf(theirs.db) }
        }
      })
    )
}
