import { Command } from 'commander'
import { EXIT } from '../exit-codes.ts'
import { findThread } from '../finding/thread.ts'
import { type AtStore, atStore, type Setting } from './at-store.ts'
import { type StoreOptions, withStore } from './options.ts'
import { runtimeOn } from './runtime-on.ts'

export function steerCommand(setting: Setting): Command {
  return withStore(new Command('steer'), { store: setting.usualStore })
    .description('say something to an agent at work, anywhere in a tree: its next model call reads it')
    .argument('<thread>', 'a thread id, or how it begins')
    .argument('<text>', 'what to say')
    .action((thread: string, text: string, options: StoreOptions) =>
      atStore(options, setting, (at) => steer(thread, { text, options, at }))
    )
}

async function steer(
  given: string,
  { text, options, at }: { text: string; options: StoreOptions; at: AtStore }
): Promise<number> {
  const { store, output } = at
  const { threadId, path } = await findThread(given, store.journal)
  await (await runtimeOn(store)).inject(threadId, text)
  if (options.json) output.json({ threadId, path, text })
  else output.line(`${path} reads it with its next model call`)
  return EXIT.completed.code
}
