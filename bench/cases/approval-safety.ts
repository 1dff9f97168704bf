import { type Approvals, REJECTION, type Seen } from '../approvals.ts'
import type { BenchCase } from '../case.ts'
import * as deputy from '../sides/deputy-approvals.ts'
import { PEER } from '../sides/langchain.ts'
import * as langchain from '../sides/langchain-approvals.ts'
import { type Finding, verdictRow } from '../verdicts.ts'

interface Scenario {
  readonly name: string
  readonly of: keyof Approvals
  /** What has to be seen, on either side. */
  holds(seen: Seen): boolean
}

const SCENARIOS: readonly Scenario[] = [
  {
    name: 'a bare "yes" while two children ask approves neither',
    of: 'bareYes',
    holds: ({ ran, open }) => ran.length === 0 && open === 2
  },
  {
    name: 'two clients approve one ask at once: its call runs once',
    of: 'doubleClick',
    holds: ({ ran }) => ran.join() === 'pay'
  },
  {
    name: 'recovery does not give the second ask the answer to the first',
    of: 'recovery',
    holds: ({ ran, open }) => !ran.includes('release') && open === 1
  },
  {
    name: 'a message while an ask is pending leaves it to be approved',
    of: 'message',
    holds: ({ ran, open }) => open === 1 && ran.join() === 'pay'
  },
  {
    name: 'approve one call and reject another of the same message',
    of: 'mixed',
    holds: ({ ran, results }) =>
      ran.join() === 'archive' &&
      results?.archive?.includes('done') === true &&
      results.erase?.includes(REJECTION) === true
  }
]

export const approvalSafety: BenchCase = {
  summary: 'five things that happen to approvals: what runs, and what is still asked; no times',
  rounds: 3,
  notMeasured: [
    'times; other stores than memory and other processes, which `npm test` has for ours alone',
    'graphs of ours that somebody else serves: without agentRuntime nobody refuses a second answer, or a message'
  ],
  async run({ rounds }) {
    const rows = []
    for (const { name, of, holds } of SCENARIOS)
      rows.push(
        verdictRow({
          name,
          peer: `${PEER} + MemorySaver`,
          ours: await found(deputy.approvals[of], { holds, rounds }),
          theirs: await found(langchain.approvals[of], { holds, rounds })
        })
      )
    return { rows, notes: { pass: 'it held in every way that it was tried, in every round; each way is told' } }
  }
}

type Tried = Pick<Scenario, 'holds'> & { readonly rounds: number }

async function found(scenario: () => Promise<Seen[]>, { holds, rounds }: Tried): Promise<Finding[]> {
  const findings: Finding[] = []
  for (let round = 0; round < rounds; round++)
    for (const seen of await scenario()) findings.push({ holds: holds(seen), observed: told(seen) })
  return findings
}

function told({ setup, ran, open, results = {}, said }: Seen): string {
  const facts = [
    `ran ${ran.join(' and ') || 'nothing'}`,
    `${open} still asked`,
    ...Object.entries(results).map(([name, result]) => `${name}: "${result}"`),
    ...(said ? [said] : [])
  ]
  return `${setup}: ${facts.join(', ')}`
}
