import { Command } from 'commander'
import { findThread } from '../finding/thread.ts'
import { type AtStore, atStore, type Setting } from './at-store.ts'
import { withAgents } from './options.ts'
import { choiceOf, type RewoundOptions, sayRewound, withFilesChoice } from './rewound.ts'
import { treeAt } from './tree-at.ts'

export function undoCommand(setting: Setting): Command {
  return withFilesChoice(withAgents(new Command('undo'), { store: setting.usualStore }))
    .description('undo the last rewind, of the conversation and of the files; the id of what goes on is printed')
    .argument('<thread>', 'a thread id, or how it begins')
    .option('--accept', 'what was at work then may be done again without asking')
    .action((thread: string, options: RewoundOptions) =>
      atStore(options, setting, (at) => undo(thread, { options, at }))
    )
}

async function undo(given: string, { options, at }: { options: RewoundOptions; at: AtStore }): Promise<number> {
  const thread = await findThread(given, at.store.journal)
  const { runtime } = await treeAt(thread, { options, at })
  const { threadId } = thread
  const rewound = await runtime.undo({ threadId, ...choiceOf(options), accept: options.accept ?? false })
  return sayRewound(rewound, { runtime, options, at })
}
