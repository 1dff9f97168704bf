import { Command } from 'commander'
import { EXIT } from '../exit-codes.ts'
import { findThread } from '../finding/thread.ts'
import { unknownLines } from '../view/unknown-lines.ts'
import { type AtStore, atStore, type Setting } from './at-store.ts'
import { type StoreOptions, withStore } from './options.ts'
import { runtimeOn } from './runtime-on.ts'

export function unknownCommand(setting: Setting): Command {
  return withStore(new Command('unknown'), { store: setting.usualStore })
    .description(
      'list calls of which nobody knows what came of them: of all trees, or of the one that a thread belongs to'
    )
    .argument('[thread]', 'a thread id, or how it begins')
    .action((thread: string | undefined, options: StoreOptions) =>
      atStore(options, setting, (at) => unknown(thread, { options, at }))
    )
}

async function unknown(
  given: string | undefined,
  { options, at }: { options: StoreOptions; at: AtStore }
): Promise<number> {
  const { store, output, surroundings } = at
  const thread = given === undefined ? undefined : await findThread(given, store.journal)
  const calls = await (await runtimeOn(store)).unknownOutcomes(thread?.threadId)
  if (options.json) output.json(calls)
  else for (const line of unknownLines(calls, { now: surroundings.clock.now(), paint: output.paint })) output.line(line)
  return EXIT.completed.code
}
