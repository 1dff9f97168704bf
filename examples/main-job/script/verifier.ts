import type { Script } from '../../../models/scripted.ts'
import { hasPassed } from '../test-runs.ts'
import { answeredCalls, commandIn, taskOf } from './conversation.ts'

/** Runs the command of the task, if it may, and reports what was seen. */
export const verifier: Script = (messages) => {
  const command = commandIn(taskOf(messages))
  if (!command) return 'NOT RUN: the task names no command'
  const ran = answeredCalls(messages).find(({ name }) => name === 'shell')
  if (!ran) return { calls: [{ name: 'shell', args: { command } }] }
  if (!ran.ok) return `NOT RUN: ${command}\n${ran.output}`
  return [`${hasPassed(ran.output) ? 'PASSED' : 'FAILED'}: ${command}`, ...tellingLines(ran.output)].join('\n')
}

/** What the test runner says of each test, and its sums; the details of failures it gives twice. */
function tellingLines(output: string): string[] {
  const lines = output.split('\n').filter((line) => /^(✔|✖|ℹ (pass|fail)|\[exit code)/.test(line))
  return [...new Set(lines)]
}
