/** One question that a side answers rightly or not. */
export interface VerdictRow {
  readonly name: string
  readonly unit: 'pass/fail'
  readonly ours: Verdict
  readonly theirs: Verdict
  readonly ratio: null
  readonly peer: string
  /** What was seen on each side, in a line. */
  readonly observed: { readonly ours: string; readonly theirs: string }
}

type Verdict = 'pass' | 'fail'

/** What one way of setting a side up led to. */
export interface Finding {
  readonly holds: boolean
  readonly observed: string
}

interface Judged {
  readonly name: string
  readonly peer: string
  readonly ours: readonly Finding[]
  readonly theirs: readonly Finding[]
}

/** A side passes where it held in every way that it was tried. */
export function verdictRow({ ours, theirs, ...named }: Judged): VerdictRow {
  return {
    ...named,
    unit: 'pass/fail',
    ours: verdictOn(ours),
    theirs: verdictOn(theirs),
    ratio: null,
    observed: { ours: lineOf(ours), theirs: lineOf(theirs) }
  }
}

function verdictOn(findings: readonly Finding[]): Verdict {
  return findings.every(({ holds }) => holds) ? 'pass' : 'fail'
}

/** Each different finding once; where some did not hold, each says whether it did. */
function lineOf(findings: readonly Finding[]): string {
  const mixed = verdictOn(findings) === 'fail'
  const told = findings.map(({ holds, observed }) => (mixed ? `${holds ? 'held' : 'FAILED'}, ${observed}` : observed))
  return [...new Set(told)].join(' | ')
}
