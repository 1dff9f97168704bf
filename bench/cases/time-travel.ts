import { diskAtRest } from '../at-rest.ts'
import type { BenchCase } from '../case.ts'
import { median } from '../measure.ts'
import { pairedRow, type Row } from '../rows.ts'
import type { ThreadSide } from '../threads/long-thread.ts'
import { databases, onDatabase } from '../threads/places.ts'
import type { Wish } from '../threads/protocol.ts'
import { type ThreadProcess, threadProcess } from '../threads/thread-process.ts'

const TURNS = 1000
const HISTORY = 100
/** How often a process that is hot is asked in a round; it counts for the median. */
const ASKS = 3
const PEER = 'the official saver'

export const timeTravel: BenchCase = {
  summary:
    'on a thread of 1,000 turns: the latest state, an old one, a history of 100, a fork with a turn; hot and cold',
  rounds: 3,
  notMeasured: [
    'a cold disk: what was written is still in the page cache',
    'hot after a while: what others did meanwhile has pushed the thread out of the processor, and a fork takes three times as long',
    'cold is the first read of a process, with the store open: neither its start nor the opening is in it',
    'trees: the thread has no children'
  ],
  async run({ rounds, turns = TURNS, on }) {
    const rows: Row[] = []
    for (const database of databases(on))
      await onDatabase(database, async (urlOf) => {
        const ours = await grown('deputy', { url: await urlOf('deputy'), turns })
        const theirs = await grown('official', { url: await urlOf('official'), turns })
        for (const [name, wish] of READS(Math.min(HISTORY, turns)))
          for (const how of ['', ', cold'] as const) {
            const samples = { ours: [] as number[], theirs: [] as number[] }
            const measured = how === '' ? hot : cold
            for (let round = 0; round < rounds; round++) {
              samples.ours.push(await measured(ours, wish))
              samples.theirs.push(await measured(theirs, wish))
            }
            rows.push(pairedRow(samples, { name: `${database} ${name}${how}`, unit: 'ms', peer: PEER }))
          }
        for (const { process } of [ours, theirs]) await process.ask({ kind: 'end' })
      })
    return { rows }
  }
}

/** A thread that has had its turns, in a process that has driven them. */
interface Grown {
  readonly side: ThreadSide
  readonly url: string
  readonly turns: number
  readonly process: ThreadProcess
  /** The checkpoint in the middle. */
  readonly middle: string
}

async function grown(side: ThreadSide, { url, turns }: { url: string; turns: number }): Promise<Grown> {
  const process = await threadProcess(side, { url })
  let middle = ''
  for (let turn = 1; turn <= turns; turn++) {
    await process.ask({ kind: 'turn' })
    if (turn === Math.ceil(turns / 2)) middle = (await process.ask({ kind: 'here' })).checkpointId!
  }
  return { side, url, turns, process, middle }
}

type WishOn = (thread: Grown) => Wish

/** The fork comes last: after it the thread has another end. */
const READS = (limit: number): readonly [name: string, wish: WishOn][] => [
  ['latest state', () => ({ kind: 'state' })],
  ['old state', ({ middle }) => ({ kind: 'state', checkpointId: middle })],
  [`history ${limit}`, () => ({ kind: 'history', limit })],
  ['fork and a turn', ({ middle }) => ({ kind: 'fork', checkpointId: middle })]
]

async function hot(thread: Grown, wish: WishOn): Promise<number> {
  const ms: number[] = []
  diskAtRest()
  while (ms.length < ASKS) ms.push((await thread.process.ask(wish(thread))).ms)
  return median(ms)
}

async function cold(thread: Grown, wish: WishOn): Promise<number> {
  const process = await threadProcess(thread.side, thread)
  diskAtRest()
  const { ms } = await process.ask(wish(thread))
  await process.ask({ kind: 'end' })
  return ms
}
