// Two sides in alternation.
//
// M1. Each round runs both sides once; the side that goes first changes with every round.
// M2. What a run leaves behind is collected, and what it has written is on the disk, before the next one begins: nobody pays for the
//     other's garbage.
// M3. Checks of a result are outside of its time.
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { diskAtRest } from './at-rest.ts'

/** Does the work once. */
export type Side = () => Promise<Done>

export interface Done {
  /** Throws where the work did not happen. */
  check(): void | Promise<void>
  /** Given where the work was done in another process. */
  readonly cpuMs?: number
}

export interface Sample {
  readonly wallMs: number
  /** Of all threads. */
  readonly cpuMs: number
}

export interface Samples {
  readonly ours: readonly Sample[]
  readonly theirs: readonly Sample[]
}

export interface Pace {
  readonly rounds: number
  readonly warmUps: number
}

export async function alternated(sides: { ours: Side; theirs: Side }, { rounds, warmUps }: Pace): Promise<Samples> {
  const ours: Sample[] = []
  const theirs: Sample[] = []
  for (let round = -warmUps; round < rounds; round++) {
    const kept = round >= 0
    const turns = [
      async () => void (kept ? ours : []).push(await sampled(sides.ours)),
      async () => void (kept ? theirs : []).push(await sampled(sides.theirs))
    ]
    for (const turn of round % 2 === 0 ? turns : turns.reverse()) await turn()
  }
  return { ours, theirs }
}

async function sampled(side: Side): Promise<Sample> {
  diskAtRest()
  collectGarbage()
  const cpu = process.cpuUsage()
  const start = performance.now()
  const done = await side()
  const wallMs = performance.now() - start
  const { user, system } = process.cpuUsage(cpu)
  await done.check()
  return { wallMs, cpuMs: done.cpuMs ?? (user + system) / 1000 }
}

setFlagsFromString('--expose-gc')
const collectGarbage = runInNewContext('gc') as () => void

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2
}
