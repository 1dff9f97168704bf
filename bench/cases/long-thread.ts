import { diskAtRest } from '../at-rest.ts'
import type { BenchCase } from '../case.ts'
import { countRow, pairedRow, type Row } from '../rows.ts'
import type { ThreadSide } from '../threads/long-thread.ts'
import { type DatabaseName, databases, onDatabase } from '../threads/places.ts'
import type { Answer } from '../threads/protocol.ts'
import { threadProcess } from '../threads/thread-process.ts'
import { textOf } from '../workload.ts'

const TURNS = 1000
/** How many turns a side drives before the next one does. */
const STRETCH = 50
const TOLD = [10, 100, 500, 1000]
/** A turn is told by the median of so many that it ends. */
const WINDOW = 10

/** Who is compared with whom. */
const PAIRS: readonly { ours: ThreadSide; theirs: ThreadSide; suffix: string; peer: string }[] = [
  { ours: 'deputy', theirs: 'official', suffix: '', peer: 'the official saver' },
  { ours: 'deputy', theirs: 'delta', suffix: ', delta', peer: 'the official saver with MessagesDeltaValue' },
  {
    ours: 'createAgent on deputy',
    theirs: 'createAgent',
    suffix: ', createAgent',
    peer: 'createAgent on the official saver'
  }
]
const SIDES: readonly ThreadSide[] = ['deputy', 'official', 'delta', 'createAgent on deputy', 'createAgent']

export const longThread: BenchCase = {
  summary: 'a thread of 1,000 turns: what a turn takes, what is on disk, resident memory; on SQLite and Postgres',
  rounds: 1,
  notMeasured: [
    'several threads at once, several processes on one store, a server that is not on this machine',
    'the first turns after a while: what others did meanwhile has pushed the thread out of the processor, and they take up to three times as long',
    'real models: their metadata makes messages larger',
    'memory by itself: it is that of the process, with all modules'
  ],
  async run({ turns = TURNS, on }) {
    const rows: Row[] = []
    for (const database of databases(on))
      await onDatabase(database, async (urlOf) => {
        const runs = await drivenInTurn(turns, urlOf)
        rows.push(
          ...PAIRS.flatMap(({ ours, theirs, ...named }) => rowsOf(runs(ours), runs(theirs), { database, ...named }))
        )
      })
    const text = 2 * textOf('').length * turns
    return { rows, notes: { 'text of the thread': `${text} bytes` } }
  }
}

interface Run {
  /** What each turn took. */
  readonly ms: readonly number[]
  readonly end: Answer
}

/** Each side drives some turns, then, when those are on the disk, the next side does; who goes first changes every time. */
async function drivenInTurn(
  turns: number,
  urlOf: (name: string) => Promise<string>
): Promise<(side: ThreadSide) => Run> {
  const driven = new Map<ThreadSide, { process: Awaited<ReturnType<typeof threadProcess>>; ms: number[] }>()
  for (const side of SIDES) driven.set(side, { process: await threadProcess(side, { url: await urlOf(side) }), ms: [] })
  for (let done = 0; done < turns; done += STRETCH) {
    const all = [...driven.values()]
    for (const { process, ms } of (done / STRETCH) % 2 === 0 ? all : all.reverse()) {
      diskAtRest()
      for (let turn = done; turn < Math.min(done + STRETCH, turns); turn++)
        ms.push((await process.ask({ kind: 'turn' })).ms)
    }
  }
  const runs = new Map<ThreadSide, Run>()
  for (const [side, { process, ms }] of driven) runs.set(side, { ms, end: await process.ask({ kind: 'end' }) })
  return (side) => runs.get(side)!
}

function rowsOf(
  ours: Run,
  theirs: Run,
  { database, suffix, peer }: { database: DatabaseName; suffix: string; peer: string }
): Row[] {
  const told = TOLD.filter((turn) => turn <= ours.ms.length)
  const upTo = ({ ms }: Run, turn: number) => ms.slice(Math.max(0, turn - WINDOW), turn)
  const counted = (name: string, unit: string, of: (end: Answer) => number) =>
    countRow({ name: `${database} ${name}${suffix}`, unit, peer, ours: of(ours.end), theirs: of(theirs.end) })
  return [
    ...told.map((turn) =>
      pairedRow(
        { ours: upTo(ours, turn), theirs: upTo(theirs, turn) },
        { name: `${database} turn ${turn}${suffix}`, unit: 'ms', peer }
      )
    ),
    counted('disk', 'bytes', ({ bytes }) => bytes!),
    counted('memory', 'MB', ({ rss }) => rss! / 1e6)
  ]
}
