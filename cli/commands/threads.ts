import { Command } from 'commander'
import { EXIT } from '../exit-codes.ts'
import { threadLines } from '../view/thread-lines.ts'
import { type AtStore, atStore, type Setting } from './at-store.ts'
import { type StoreOptions, withStore } from './options.ts'
import { runtimeOn } from './runtime-on.ts'
import { wholeNumber } from './whole-number.ts'

type ThreadsOptions = StoreOptions & { readonly limit: number }

export function threadsCommand(setting: Setting): Command {
  return withStore(new Command('threads'), { store: setting.usualStore })
    .description('list threads, the last touched first')
    .option('--limit <n>', 'how many', wholeNumber, 50)
    .action((options: ThreadsOptions) => atStore(options, setting, (at) => threads(options, at)))
}

async function threads({ json, limit }: ThreadsOptions, { store, output, surroundings }: AtStore): Promise<number> {
  const found = await (await runtimeOn(store)).threads({ limit })
  if (json) output.json(found)
  else for (const line of threadLines(found, { now: surroundings.clock.now(), paint: output.paint })) output.line(line)
  return EXIT.completed.code
}
