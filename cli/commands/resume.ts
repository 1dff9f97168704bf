import { Command } from 'commander'
import type { Turn } from '../../runtime/agent-runtime.ts'
import { RuntimeError } from '../../state/errors.ts'
import { watched } from '../driving/watch.ts'
import { findCheckpoint } from '../finding/checkpoint.ts'
import { findThread } from '../finding/thread.ts'
import { type AtStore, atStore, type Setting } from './at-store.ts'
import { commandText, type DrivingOptions, withDriving } from './options.ts'
import { keepSaid } from './said-of-tree.ts'
import { sayWhoDrives, standingTree, treeAt } from './tree-at.ts'

type ResumeOptions = DrivingOptions & { readonly checkpoint?: string }

export function resumeCommand(setting: Setting): Command {
  return withDriving(new Command('resume'), { store: setting.usualStore })
    .description('drive a tree on that was interrupted; from a checkpoint: as a new thread that begins there')
    .argument('<thread>', 'a thread id, or how it begins')
    .option('--checkpoint <id>', 'a checkpoint of the thread, or how it begins')
    .action((thread: string, options: ResumeOptions) =>
      atStore(options, setting, (at) => resume(thread, { options, at }))
    )
}

async function resume(given: string, { options, at }: { options: ResumeOptions; at: AtStore }): Promise<number> {
  const { store, surroundings, output, usualStore } = at
  const thread = await findThread(given, store.journal)
  const { root, runtime } = await treeAt(thread, { options, at })
  const command = commandText(options, { usual: usualStore })
  const watching = { runtime, surroundings, output, options, command }
  const { threadId } = thread
  if (options.checkpoint !== undefined) {
    const place = await findCheckpoint(options.checkpoint, { runtime, threadId })
    return watched(async () => goneOn((await runtime.fork(place)).threadId), watching)
  }
  if (root.status === 'cancelled')
    throw new RuntimeError(
      'RUN_CANCELLED',
      `thread ${root.threadId} was cancelled; it answers a new task: ${command('run', '--thread', root.threadId, 'TASK')}`
    )
  await sayWhoDrives(root, at)
  const tree = await standingTree(root.threadId, { runtime, output })
  return watched(() => goneOn(threadId), { ...watching, tree })

  async function goneOn(threadId: string): Promise<Turn> {
    await keepSaid(threadId, { options, runtime, output })
    return runtime.resume(threadId)
  }
}
