import { relative } from 'node:path'
import pc from 'picocolors'
import type { AgentRuntime } from '../../runtime/agent-runtime.ts'
import type { Outcome } from '../../state/outcome.ts'
import { branchPoint } from './branch-point.ts'
import { costOf } from './cost.ts'
import { deputyCommand } from './deputy-command.ts'
import { diffOf } from './diff.ts'
import type { Finished } from './drive.ts'
import { testRuns } from './test-runs.ts'
import { treeOf } from './tree.ts'
import type { Job } from './workspace.ts'

interface Surroundings {
  readonly runtime: AgentRuntime
  readonly job: Job
  readonly model: string | undefined
}

/** Whether the team came to its end, and the last run of the tests passed. */
export function isDone({ outcome, events }: Finished): boolean {
  return outcome.status === 'completed' && testRuns(events).at(-1)?.passed === true
}

/** Prints what came of the job. */
export async function printReport(finished: Finished, { runtime, job, model }: Surroundings): Promise<void> {
  const { threadId, outcome, events } = finished
  const runs = testRuns(events)
  const snapshot = await runtime.getSnapshot(threadId)
  const paths = { before: relative(job.directory, job.before), after: relative(job.directory, job.workspace) }

  section('The first failing test', runs.find(({ passed }) => !passed)?.output ?? 'no run failed')
  section('The last passing test', runs.findLast(({ passed }) => passed)?.output ?? 'no run passed')
  section('What changed', (await diffOf({ ...paths, cwd: job.directory })) || 'nothing')
  section('Who did what', treeOf(finished))
  section('What it cost', costOf(snapshot))
  section('Result', wordsFor(outcome))
  section('Thread', threadId)
  const point = await branchPoint(runtime, threadId)
  if (!point) return
  const resume = deputyCommand(`resume ${threadId} --checkpoint ${point.checkpointId}`, { model })
  section(`Another attempt, ${point.moment}`, resume)
}

function section(title: string, text: string): void {
  console.log(`\n${pc.bold(title)}\n${text}`)
}

function wordsFor(outcome: Outcome): string {
  if (outcome.status === 'completed') return outcome.text
  if (outcome.status === 'failed') return `failed: ${outcome.error.code}: ${outcome.error.message}`
  return outcome.status
}
