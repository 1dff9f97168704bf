import { Command } from 'commander'
import { EXIT } from '../exit-codes.ts'
import { findCheckpoint } from '../finding/checkpoint.ts'
import { findThread } from '../finding/thread.ts'
import { type AtStore, atStore, type Setting } from './at-store.ts'
import { type AgentOptions, withAgents } from './options.ts'
import { treeAt } from './tree-at.ts'

type ForkOptions = AgentOptions & { readonly checkpoint: string }

export function forkCommand(setting: Setting): Command {
  return withAgents(new Command('fork'), { store: setting.usualStore })
    .description('make a new thread that begins at a checkpoint; nothing runs, its id is printed')
    .argument('<thread>', 'a thread id, or how it begins')
    .requiredOption('--checkpoint <id>', 'a checkpoint of the thread, or how it begins')
    .action((thread: string, options: ForkOptions) => atStore(options, setting, (at) => fork(thread, { options, at })))
}

async function fork(given: string, { options, at }: { options: ForkOptions; at: AtStore }): Promise<number> {
  const thread = await findThread(given, at.store.journal)
  const { threadId } = thread
  const { runtime } = await treeAt(thread, { options, at })
  const checkpointId = await findCheckpoint(options.checkpoint, { runtime, threadId })
  const forked = await runtime.fork({ threadId, checkpointId })
  if (options.json) at.output.json(forked)
  else at.output.line(forked.threadId)
  return EXIT.completed.code
}
