import { setMaxListeners } from 'node:events'
import type { BenchCase } from '../case.ts'
import { alternated } from '../measure.ts'
import { countRow, type Row, timeRows } from '../rows.ts'
import * as deputy from '../sides/deputy.ts'
import * as langchain from '../sides/langchain.ts'
import { bytesOf, onSqlite, pragmasOf } from '../sqlite.ts'
import { inTempDir } from '../temp-dir.ts'

const STEPS = 3
const WIDTHS = [
  { name: 'delegate 1', children: 1 },
  { name: 'delegate 8', children: 8 },
  { name: 'delegate 64', children: 64 },
  { name: 'delegate 64 apart', children: 64, spreadMs: 5 }
] as const
const WARM_UPS = 2

export const delegate: BenchCase = {
  summary: `a supervisor and 1, 8, 64 children at once, each ${STEPS} steps, on a SQLite file; 64 also with answers 5 ms apart`,
  rounds: 9,
  notMeasured: [
    'more than one level, asks that climb, cancelling, resuming',
    'what a child is on each side: a thread with a record and events of its own here, checkpoints below its parent there',
    'children at real models: here all want the one processor at once, and end at once too unless they are "apart"',
    'the wall time of "apart" without its waiting: there the CPU time is what counts'
  ],
  async run({ rounds }) {
    // The peer's children all listen to one signal: Node would warn of each run, and that is no work of an agent.
    setMaxListeners(0)
    const results = []
    for (const width of WIDTHS) results.push(await ofWidth(width, { rounds }))
    return { rows: results.flatMap(({ rows }) => rows), notes: results[0]!.notes }
  }
}

function ofWidth({ name, ...children }: (typeof WIDTHS)[number], { rounds }: { rounds: number }) {
  return inTempDir((dir) =>
    onSqlite(dir, async ({ ours, theirs }) => {
      const work = { ...children, steps: STEPS }
      const sides = {
        ours: deputy.delegatingTurns(ours.store, work),
        theirs: langchain.delegatingTurns(theirs, work)
      }
      const samples = await alternated(sides, { rounds, warmUps: WARM_UPS })
      const peer = `${langchain.PEER} + SqliteSaver`
      const disk = countRow({
        name: `${name}, disk`,
        unit: 'bytes/run',
        peer,
        ours: bytesOf(ours) / (rounds + WARM_UPS),
        theirs: bytesOf(theirs) / (rounds + WARM_UPS)
      })
      const rows: Row[] = [...timeRows(samples, { name, peer, per: { of: 'run', count: 1 } }), disk]
      return { rows, notes: { 'pragmas, ours': pragmasOf(ours.db), 'pragmas, theirs': pragmasOf(theirs.db) } }
    })
  )
}
