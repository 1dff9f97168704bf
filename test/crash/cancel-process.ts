// A process that cancels a tree of ten agents again and again, prints what it saw as one line of JSON, and then has nothing
// left to do: it ends by itself, or something was left open.
// node cancel-process.js COUNT SEED
import { type Cancelled, cancelledAfter } from './cancelled.ts'

/** What the process prints. */
export interface Cancels {
  readonly failures: readonly string[]
  readonly unhandled: readonly string[]
  /** Of the tree that is not cancelled before it ends. */
  readonly agents: number
  readonly events: number
  readonly lastStartMs: Percentiles
  readonly returnedMs: Percentiles
}

interface Percentiles {
  readonly p50: number
  readonly p99: number
  readonly max: number
}

const [count, seed] = process.argv.slice(2).map(Number) as [number, number]
const failures: string[] = []
const unhandled: string[] = []
process.on('unhandledRejection', (reason) => unhandled.push(String(reason)))
process.on('uncaughtException', (error) => unhandled.push(String(error)))

const whole = await cancelledAfter({ event: Number.POSITIVE_INFINITY, seed })
const seen: Cancelled[] = []
for (let nth = 0; nth < count; nth++) {
  // Spread over the events of the tree, whatever their number and that of the cancels.
  const event = 1 + Math.floor(((nth * 0.618_034) % 1) * whole.events)
  await cancelledAfter({ event, seed: seed + nth }).then(
    (each) => seen.push(each),
    (failure) => failures.push(String(failure))
  )
}
const { agents, events } = whole
const lastStartMs = percentiles(seen.map((each) => each.lastStartMs))
const returnedMs = percentiles(seen.map((each) => each.returnedMs))
// When nothing is left to do: a rejection that nobody hears comes after its cause.
process.once('beforeExit', () => {
  const line: Cancels = { failures, unhandled, agents, events, lastStartMs, returnedMs }
  console.log(JSON.stringify(line))
})

function percentiles(all: readonly number[]): Percentiles {
  const sorted = all.toSorted((a, b) => a - b)
  const at = (share: number) => Math.round((sorted[Math.ceil(share * sorted.length) - 1] ?? 0) * 10) / 10
  return { p50: at(0.5), p99: at(0.99), max: at(1) }
}
