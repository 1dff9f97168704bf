import type { Reply, Script } from '../../../models/scripted.ts'
import { type Answered, answeredCalls, commandIn, taskOf } from './conversation.ts'

const MAX_ATTEMPTS = 2

/**
 * Finds out, lets fix, lets verify, and goes by what the last report says. It ends early where the fault does not show, where
 * a check may not be run, and where two attempts did not help.
 */
export const lead: Script = (messages) => {
  const command = commandIn(taskOf(messages))
  if (!command) return 'Tell me the command that shows the fault, between backticks.'
  const reports = answeredCalls(messages).filter(({ name }) => name === 'delegate')
  const last = reports.at(-1)
  if (!last) return findOut(command)
  if (last.args.agent !== 'verifier') return delegating('Does it hold now?', verification(command))

  const attempts = reports.filter(({ args }) => args.agent === 'coder')
  if (last.output.startsWith('PASSED')) return attempts.length === 0 ? passedAlready(last) : fixed(attempts, last)
  if (!last.output.startsWith('FAILED')) return `It is not known whether the fault is there.\n${last.output}`
  if (attempts.length === MAX_ATTEMPTS) return `It is not fixed after ${MAX_ATTEMPTS} attempts.\n${last.output}`
  return delegating('The cause is known and the fault is shown: fix it.', repair(reports))
}

interface Task {
  readonly agent: string
  readonly task: string
}

function delegating(text: string, ...tasks: readonly Task[]): Reply {
  return { text, calls: tasks.map((task) => ({ name: 'delegate', args: { ...task } })) }
}

function findOut(command: string): Reply {
  const research =
    'Find where ini.js lets a section that is named __proto__ reach Object.prototype. Give file and line.'
  return delegating(
    'First the cause and the proof, side by side.',
    { agent: 'researcher', task: research },
    verification(command)
  )
}

const verification = (command: string): Task => ({
  agent: 'verifier',
  task: `Run \`${command}\` and report which tests pass and which fail.`
})

/** All that the coder must know, since it sees nothing of this conversation. */
function repair(reports: readonly Answered[]): Task {
  const known = reports.filter(({ args }) => args.agent !== 'coder').map(({ output }) => output)
  return { agent: 'coder', task: ['Fix ini.js and change no other file. What is known:', ...known].join('\n\n') }
}

function passedAlready({ output }: Answered): string {
  return `The fault does not show: nothing was changed.\n${output}`
}

function fixed(attempts: readonly Answered[], { output }: Answered): string {
  return `${attempts.at(-1)?.output.split('\n')[0]} The test holds now.\n${output}`
}
