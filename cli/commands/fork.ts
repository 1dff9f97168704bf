import { Command } from 'commander'
import { EXIT } from '../exit-codes.ts'
import { findCheckpoint } from '../finding/checkpoint.ts'
import { findThread } from '../finding/thread.ts'
import { filesBehindLines } from '../view/files-back-lines.ts'
import { type AtStore, atStore, type Setting } from './at-store.ts'
import { type AgentOptions, withAgents } from './options.ts'
import { sayRepeats } from './repeats.ts'
import { keepSaid } from './said-of-tree.ts'
import { treeAt } from './tree-at.ts'

type ForkOptions = AgentOptions & { readonly checkpoint: string; readonly accept?: boolean }

export function forkCommand(setting: Setting): Command {
  return withAgents(new Command('fork'), { store: setting.usualStore })
    .description(
      'make a new thread that begins at a checkpoint; nothing runs, files stay as they are, its id is printed'
    )
    .argument('<thread>', 'a thread id, or how it begins')
    .requiredOption('--checkpoint <id>', 'a checkpoint of the thread, or how it begins, or a label')
    .option('--accept', 'what was done behind the checkpoint may be done again without asking')
    .action((thread: string, options: ForkOptions) => atStore(options, setting, (at) => fork(thread, { options, at })))
}

async function fork(given: string, { options, at }: { options: ForkOptions; at: AtStore }): Promise<number> {
  const { output } = at
  const thread = await findThread(given, at.store.journal)
  const { threadId } = thread
  const { runtime } = await treeAt(thread, { options, at })
  const place = await findCheckpoint(options.checkpoint, { runtime, threadId })
  const forked = await runtime.fork({ ...place, accept: options.accept ?? false })
  await keepSaid(forked.threadId, { options, runtime, output })
  if (options.json) output.json(forked)
  else {
    sayRepeats(await runtime.repeats(forked.threadId), output)
    const { files = [] } = await runtime.diff({ mode: 'to-now', ...place })
    for (const line of filesBehindLines(files)) output.aside(line)
    output.line(forked.threadId)
  }
  return EXIT.completed.code
}
