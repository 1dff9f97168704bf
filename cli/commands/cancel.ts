import { Command } from 'commander'
import { EXIT } from '../exit-codes.ts'
import { findThread } from '../finding/thread.ts'
import { type AtStore, atStore, type Setting } from './at-store.ts'
import { type StoreOptions, withStore } from './options.ts'
import { runtimeOn } from './runtime-on.ts'

type CancelOptions = StoreOptions & { readonly reason?: string }

export function cancelCommand(setting: Setting): Command {
  return withStore(new Command('cancel'), { store: setting.usualStore })
    .description('stop a thread and all below it, for good; what they ask is withdrawn')
    .argument('<thread>', 'a thread id, or how it begins')
    .option('--reason <text>', 'why')
    .action((thread: string, options: CancelOptions) =>
      atStore(options, setting, (at) => cancel(thread, { options, at }))
    )
}

async function cancel(given: string, { options, at }: { options: CancelOptions; at: AtStore }): Promise<number> {
  const { store, output } = at
  const { threadId } = await findThread(given, store.journal)
  await (await runtimeOn(store)).cancelRun(threadId, options.reason)
  const after = await findThread(threadId, store.journal)
  if (options.json) output.json(after)
  else
    output.line(
      after.status === 'cancelled' ? `cancelled ${threadId}` : `${threadId} had ended already: ${after.status}`
    )
  return EXIT.completed.code
}
