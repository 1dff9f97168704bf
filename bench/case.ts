import type { Row } from './rows.ts'
import type { DatabaseName } from './threads/places.ts'
import type { VerdictRow } from './verdicts.ts'

/** One question about cost, or about what is safe. */
export interface BenchCase {
  readonly summary: string
  /** How many rounds there are where nobody says otherwise. */
  readonly rounds: number
  /** What its numbers do not tell. */
  readonly notMeasured: readonly string[]
  run(options: Size): Promise<CaseResult>
}

export interface Size {
  readonly rounds: number
  /** How long a thread is, in the cases about long ones; they know how long by default. */
  readonly turns?: number | undefined
  /** The only database, in the cases that know several. */
  readonly on?: DatabaseName | undefined
}

export interface CaseResult {
  readonly rows: readonly Row[] | readonly VerdictRow[]
  /** Settings that the numbers depend on, by name. */
  readonly notes?: Readonly<Record<string, string>>
}
