import { Command } from 'commander'
import { EXIT } from '../exit-codes.ts'
import { findThread } from '../finding/thread.ts'
import { openAskLines } from '../view/result-lines.ts'
import { painted } from '../view/toned.ts'
import { type AtStore, atStore, type Setting } from './at-store.ts'
import { commandText, type StoreOptions, withStore } from './options.ts'
import { runtimeOn } from './runtime-on.ts'

export function asksCommand(setting: Setting): Command {
  return withStore(new Command('asks'), { store: setting.usualStore })
    .description('list what waits for a decision: of all trees, or of the one that a thread belongs to')
    .argument('[thread]', 'a thread id, or how it begins')
    .action((thread: string | undefined, options: StoreOptions) =>
      atStore(options, setting, (at) => asks(thread, { options, at }))
    )
}

async function asks(
  given: string | undefined,
  { options, at }: { options: StoreOptions; at: AtStore }
): Promise<number> {
  const { store, output, usualStore } = at
  const thread = given === undefined ? undefined : await findThread(given, store.journal)
  const open = await (await runtimeOn(store)).openAsks(thread?.threadId)
  if (options.json) output.json(open)
  else if (open.length === 0) output.line('nothing waits for a decision')
  else
    for (const line of openAskLines(open, commandText(options, { usual: usualStore })))
      output.line(painted(line, output.paint))
  return EXIT.completed.code
}
