// The main job: a team mends a real package with a real fault, and a person has the last word on every command.
//   npm start                                  offline, with a scripted model; asks at the terminal
//   npm start -- --yes                         a rule answers instead
//   npm start -- --model openai:gpt-5-mini     with a real model
import { relative } from 'node:path'
import { parseArgs } from 'node:util'
import pc from 'picocolors'
import { openStore, storeUrl } from '../../checkpointers/open.ts'
import { agentRuntime } from '../../runtime/agent-runtime.ts'
import { teamWith } from './agents.ts'
import { deputyCommand } from './deputy-command.ts'
import { driveToEnd } from './drive.ts'
import { liveLine } from './live.ts'
import { PACKAGE, PackageUnavailable } from './package-source.ts'
import { byPerson, NobodyAnswers } from './person.ts'
import { isDone, printReport } from './report.ts'
import { byRule, RULE } from './rule.ts'
import { type Job, prepareJob, TEST_COMMAND } from './workspace.ts'

const { values: options } = parseArgs({ options: { yes: { type: 'boolean' }, model: { type: 'string' } } })
const model = options.model || process.env.DEPUTY_MODEL
const unattended = options.yes || !process.stdin.isTTY

const TASK = `${PACKAGE} is in this workspace and has a fault, CVE-2020-7788: a section named __proto__ in an ini file changes all
objects of the process. \`${TEST_COMMAND}\` shows it. Fix ini.js, leave the test as it is, and show that it passes.`

async function work(job: Job): Promise<boolean> {
  const store = await openStore(storeUrl())
  const runtime = agentRuntime({ store, agents: [teamWith(model)] })
  try {
    const turn = await runtime.startStreamingTurn({ agent: 'team', input: TASK, workspace: job.workspace })
    const finished = await driveToEnd(
      { runtime, turn },
      {
        answering: unattended ? async (ask) => byRule(ask) : byPerson,
        onEvent(event) {
          const line = liveLine(event)
          if (line) console.log(line)
        },
        onAnswer: ({ ask, decision }) =>
          console.log(`  ${pc.dim(ask.path.padEnd(16))} ${pc.yellow(`! ${decision.kind}`)}`)
      }
    )
    await printReport(finished, { runtime, job, model })
    return isDone(finished)
  } finally {
    await runtime.close()
    await store.close()
  }
}

function introduce(job: Job): void {
  console.log(pc.bold(`${PACKAGE} from the registry, in ${relative('.', job.workspace)}`))
  console.log(`model: ${model ?? 'scripted, offline'}   store: ${storeUrl().replace(/:[^:@/]*@/, ':***@')}`)
  console.log(unattended ? `asks: a rule answers; it ${RULE}\n` : 'asks: you answer\n')
}

/** Says why it ends here, where that is no fault of the program; gives the exit code. */
function refused(error: unknown): number {
  if (!(error instanceof PackageUnavailable || error instanceof NobodyAnswers)) throw error
  console.error(`\n${error.message}`)
  if (error instanceof PackageUnavailable) return 1
  console.error(`answer it later: ${deputyCommand(`answer ${error.ask.id} approve`, { model })}`)
  return 130
}

try {
  const job = await prepareJob()
  introduce(job)
  process.exitCode = (await work(job)) ? 0 : 1
} catch (error) {
  process.exitCode = refused(error)
}
