import { type Arguments, argumentsIn, Misuse } from './arguments.ts'
import type { BenchCase } from './case.ts'
import { approvalSafety } from './cases/approval-safety.ts'
import { coldstart } from './cases/coldstart.ts'
import { delegate } from './cases/delegate.ts'
import { durable } from './cases/durable.ts'
import { gate } from './cases/gate.ts'
import { longThread } from './cases/long-thread.ts'
import { step } from './cases/step.ts'
import { timeTravel } from './cases/time-travel.ts'
import { reportOf } from './report.ts'
import { table } from './table.ts'

const CASES: ReadonlyMap<string, BenchCase> = new Map(
  Object.entries({
    step,
    durable,
    delegate,
    gate,
    coldstart,
    'approval-safety': approvalSafety,
    'long-thread': longThread,
    'time-travel': timeTravel
  })
)

const HELP = `npm run -s bench -- CASE [--json] [--rounds N] [--turns N] [--on DATABASE]

Compares Deputy with a peer, in alternation. Cases:
${[...CASES].map(([name, { summary }]) => `  ${name.padEnd(15)} ${summary}`).join('\n')}

  --json      one JSON object: case, date, machine, versions, rows
  --rounds N  how many rounds there are; each case has its own default
  --turns N   how many turns a long thread has, by default 1000
  --on NAME   only on sqlite, or only on postgres, in the cases that know both`

async function main({ name, json, help, rounds, turns, on }: Arguments): Promise<void> {
  if (help) return console.log(HELP)
  if (name === undefined) throw new Misuse('which case?')
  const chosen = CASES.get(name)
  if (!chosen) throw new Misuse(`there is no case "${name}"`)
  withoutTracing(process.env)
  const report = reportOf(name, await chosen.run({ rounds: rounds ?? chosen.rounds, turns, on }))
  console.log(json ? JSON.stringify(report) : table(report, chosen))
}

/** Tracing would be measured with the rest, on both sides. */
function withoutTracing(env: NodeJS.ProcessEnv): void {
  for (const name of TRACING) env[name] = 'false'
}

const TRACING = ['LANGSMITH_TRACING', 'LANGSMITH_TRACING_V2', 'LANGCHAIN_TRACING', 'LANGCHAIN_TRACING_V2']

try {
  await main(argumentsIn(process.argv.slice(2)))
} catch (error) {
  if (!(error instanceof Misuse)) throw error
  console.error(`${error.message}\n\n${HELP}`)
  process.exitCode = 2
}
