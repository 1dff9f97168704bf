import { Command } from 'commander'
import type { ThreadRecord } from '../../state/threads.ts'
import { watched } from '../driving/watch.ts'
import { EXIT } from '../exit-codes.ts'
import { findThread } from '../finding/thread.ts'
import { type AtStore, atStore, type Setting } from './at-store.ts'
import { commandText, type DrivingOptions, withDriving } from './options.ts'
import { keepSaid } from './said-of-tree.ts'
import { sayWhoDrives, standingTree, treeAt } from './tree-at.ts'

type WrapUpOptions = DrivingOptions & { readonly reason?: string }

export function wrapUpCommand(setting: Setting): Command {
  return withDriving(new Command('wrap-up'), { store: setting.usualStore })
    .description('have a thread, and all below it, end with what they have; what they ask is rejected')
    .argument('<thread>', 'a thread id, or how it begins')
    .option('--reason <text>', 'why; the agents read it')
    .action((thread: string, options: WrapUpOptions) =>
      atStore(options, setting, (at) => wrapUp(thread, { options, at }))
    )
}

async function wrapUp(given: string, { options, at }: { options: WrapUpOptions; at: AtStore }): Promise<number> {
  const { store, surroundings, output, usualStore } = at
  const thread = await findThread(given, store.journal)
  if (ENDED.has(thread.status)) {
    if (options.json) output.json(thread)
    else output.line(`${thread.threadId} had ended already: ${thread.status}`)
    return EXIT.completed.code
  }
  const { root, runtime } = await treeAt(thread, { options, at })
  await sayWhoDrives(root, at)
  const tree = await standingTree(root.threadId, { runtime, output })
  const command = commandText(options, { usual: usualStore })
  const begin = async () => {
    await keepSaid(root.threadId, { options, runtime, output })
    return runtime.wrapUp(thread.threadId, options.reason)
  }
  return watched(begin, { runtime, surroundings, output, options, tree, command })
}

const ENDED: ReadonlySet<ThreadRecord['status']> = new Set(['completed', 'failed', 'cancelled'])
