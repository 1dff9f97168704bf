import type { Row } from './rows.ts'

/** One question about cost. */
export interface BenchCase {
  readonly summary: string
  /** How many rounds are timed where nobody says otherwise. */
  readonly rounds: number
  /** What its numbers do not tell. */
  readonly notMeasured: readonly string[]
  run(options: { readonly rounds: number }): Promise<CaseResult>
}

export interface CaseResult {
  readonly rows: readonly Row[]
  /** Settings that the numbers depend on, by name. */
  readonly notes?: Readonly<Record<string, string>>
}
