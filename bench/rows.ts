import { median, type Sample, type Samples } from './measure.ts'

/** One comparison; medians, lower is better. */
export interface Row {
  readonly name: string
  readonly unit: string
  readonly ours: number
  readonly theirs: number
  /** The median of each round's ours / theirs: what load does to both sides of a round is not in it. */
  readonly ratio: number
  readonly peer: string
  readonly spread?: { readonly ours: MinMax; readonly theirs: MinMax; readonly rounds: number }
}

type MinMax = readonly [min: number, max: number]

interface Naming {
  readonly name: string
  readonly peer: string
  /** What one of the units is a part of: `{ of: 'step', count: 50 }`. */
  readonly per: { readonly of: string; readonly count: number }
}

/** Wall and CPU time of the same runs. */
export function timeRows(samples: Samples, { name, peer, per }: Naming): Row[] {
  return [
    row(samples, { name, peer, unit: `ms/${per.of}`, value: ({ wallMs }) => wallMs / per.count }),
    row(samples, { name: `${name}, CPU`, peer, unit: `CPU ms/${per.of}`, value: ({ cpuMs }) => cpuMs / per.count })
  ]
}

/** Something that is counted once, at the end. */
export function countRow({ ours, theirs, ...named }: Omit<Row, 'ratio' | 'spread'>): Row {
  return { ...named, ours: rounded(ours), theirs: rounded(theirs), ratio: rounded(ours / theirs) }
}

function row(
  samples: Samples,
  { value, ...named }: { name: string; unit: string; peer: string; value: (sample: Sample) => number }
): Row {
  return pairedRow({ ours: samples.ours.map(value), theirs: samples.theirs.map(value) }, named)
}

/** Numbers of both sides, each pair of one round. */
export function pairedRow(
  { ours, theirs }: { ours: readonly number[]; theirs: readonly number[] },
  named: Pick<Row, 'name' | 'unit' | 'peer'>
): Row {
  const ratio = rounded(median(ours.map((each, round) => each / theirs[round]!)))
  const spread = { ours: minMax(ours), theirs: minMax(theirs), rounds: ours.length }
  return { ...named, ours: rounded(median(ours)), theirs: rounded(median(theirs)), ratio, spread }
}

function minMax(values: readonly number[]): MinMax {
  return [rounded(Math.min(...values)), rounded(Math.max(...values))]
}

function rounded(value: number): number {
  return Number(value.toPrecision(4))
}
