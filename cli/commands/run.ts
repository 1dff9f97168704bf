import { resolve } from 'node:path'
import { Command, Option } from 'commander'
import type { TurnRequest } from '../../runtime/begin.ts'
import type { Budget } from '../../state/budget.ts'
import { RuntimeError } from '../../state/errors.ts'
import type { Journal } from '../../state/journal.ts'
import type { ThreadRecord } from '../../state/threads.ts'
import { watched } from '../driving/watch.ts'
import { agentOfTree, chosenAgent } from '../finding/agent.ts'
import { findThread } from '../finding/thread.ts'
import { type AtStore, atStore, type Setting } from './at-store.ts'
import { budget } from './budget.ts'
import { commandText, type DrivingOptions, withDriving } from './options.ts'
import { policyBeside, usualProfile } from './policy-at.ts'
import { runtimeOn } from './runtime-on.ts'
import { saidOfTree, sayPolicy } from './said-of-tree.ts'
import { sayWhoDrives } from './tree-at.ts'

interface RunOptions extends DrivingOptions {
  readonly workspace?: string
  readonly thread?: string
  readonly whenBusy?: NonNullable<TurnRequest['whenBusy']>
  readonly budget?: Partial<Budget>
}

const WHEN_BUSY = ['refuse', 'queue', 'replace'] as const

export function runCommand(setting: Setting): Command {
  return withDriving(new Command('run'), { store: setting.usualStore })
    .description('give an agent a task and watch its tree; asks come to you')
    .argument('<task>', 'what is to be done')
    .option('--thread <id>', 'go on with this thread instead of a new one')
    .addOption(
      new Option(
        '--when-busy <what>',
        'with --thread, where that is in the middle of a turn; refuse by default'
      ).choices(WHEN_BUSY)
    )
    .addOption(new Option('--workspace <dir>', 'where the tools work; here by default').conflicts('thread'))
    .option('--budget <caps>', 'what the tree may use, e.g. tokens=20000,usd=0.5; then it asks for more', budget)
    .action((task: string, options: RunOptions) => atStore(options, setting, (at) => run(task, { options, at })))
}

async function run(task: string, { options, at }: { options: RunOptions; at: AtStore }): Promise<number> {
  if (task.trim() === '') throw new RuntimeError('BAD_ARGUMENTS', 'the task is empty; say what is to be done')
  const { store, surroundings, output, usualStore } = at
  const { cwd } = surroundings
  const { thread, whenBusy = 'refuse' } = options
  if (options.whenBusy && thread === undefined)
    throw new RuntimeError('BAD_ARGUMENTS', '--when-busy says nothing of a new thread; name one with --thread')
  const earlier = thread === undefined ? undefined : await rootThread(thread, store.journal)
  const { env } = surroundings
  const agent = await (earlier
    ? agentOfTree(earlier, { choice: options, cwd, env })
    : chosenAgent(options, { cwd, env }))
  const workspace = earlier ? earlier.workspace : resolve(cwd, options.workspace ?? '.')
  const profile = options.profile ?? (earlier ? undefined : usualProfile(env))
  const said = await saidOfTree({ ...options, ...(profile !== undefined && { profile }) })
  const tree = { workspace, policy: earlier?.policy ?? null }
  const policy = await policyBeside(tree, { options: { ...(profile !== undefined && { profile }) }, surroundings })
  const place = earlier ? { threadId: earlier.threadId } : { workspace: workspace! }
  const hooksIn = { workspace: workspace ?? undefined, env }
  const runtime = await runtimeOn(store, { agents: [agent], env, policy, hooksIn })
  if (earlier && whenBusy === 'queue') await sayWhoDrives(earlier, at)
  const caps = options.budget && { budget: options.budget }
  const asked = { agent: agent.charter.name, input: task, whenBusy, ...place, ...caps, ...(said && { policy: said }) }
  const begin = async () => {
    const turn = await runtime.startStreamingTurn(asked)
    if (earlier && said) sayPolicy((await rootThread(turn.threadId, store.journal)).policy, output)
    return turn
  }
  return watched(begin, {
    runtime,
    surroundings,
    output,
    options,
    command: commandText(options, { usual: usualStore })
  })
}

/** A child is spoken to by its parent only. */
async function rootThread(given: string, journal: Journal): Promise<ThreadRecord> {
  const thread = await findThread(given, journal)
  if (thread.parentThreadId === null) return thread
  const { threadId, path, rootThreadId } = thread
  throw new RuntimeError(
    'BAD_ARGUMENTS',
    `thread ${threadId} is that of ${path}; a task is given to its root, ${rootThreadId}`
  )
}
