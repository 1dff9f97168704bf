import { Command } from 'commander'
import { EXIT } from '../exit-codes.ts'
import { findThread } from '../finding/thread.ts'
import { type AtStore, atStore, type Setting } from './at-store.ts'
import { commandText, type StoreOptions, withStore } from './options.ts'
import { runtimeOn } from './runtime-on.ts'

type PauseOptions = StoreOptions & { readonly reason?: string }

export function pauseCommand(setting: Setting): Command {
  return withStore(new Command('pause'), { store: setting.usualStore })
    .description('let every agent of a tree end with the step that it is in; resume goes on')
    .argument('<thread>', 'a thread id, or how it begins')
    .option('--reason <text>', 'why')
    .action((thread: string, options: PauseOptions) =>
      atStore(options, setting, (at) => pause(thread, { options, at }))
    )
}

async function pause(given: string, { options, at }: { options: PauseOptions; at: AtStore }): Promise<number> {
  const { store, output, usualStore } = at
  const { rootThreadId } = await findThread(given, store.journal)
  await (await runtimeOn(store)).pause(rootThreadId, options.reason)
  const after = await findThread(rootThreadId, store.journal)
  const goOn = commandText(options, { usual: usualStore })('resume', rootThreadId)
  if (options.json) output.json(after)
  else
    output.line(
      after.status === 'paused' ? `paused; go on with: ${goOn}` : `${rootThreadId} is not at work: ${after.status}`
    )
  return EXIT.completed.code
}
