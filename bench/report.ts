import type { CaseResult } from './case.ts'
import { type Machine, machine, versions } from './machine.ts'

/** What one run of a case found, with all that its numbers depend on. */
export interface Report extends CaseResult {
  readonly case: string
  readonly date: string
  readonly machine: Machine
  readonly versions: Readonly<Record<string, string>>
}

export function reportOf(name: string, result: CaseResult): Report {
  return { case: name, date: new Date().toISOString(), machine: machine(), versions: versions(), ...result }
}
