import { Command } from 'commander'
import { EXIT } from '../exit-codes.ts'
import { statsLines } from '../view/store-lines.ts'
import { type AtStore, atStore, type Setting } from './at-store.ts'
import { type StoreOptions, withWholeStore } from './options.ts'
import { wholeOf } from './whole-store.ts'

export function storeStatsCommand(setting: Setting): Command {
  return withWholeStore(new Command('stats'), { store: setting.usualStore })
    .description('count what is in a store, and its bytes, without reading any state')
    .action((options: StoreOptions) => atStore(options, setting, (at) => stats(options, at)))
}

async function stats({ json }: StoreOptions, { store, output, surroundings }: AtStore): Promise<number> {
  const found = await wholeOf(store).stats()
  if (json) output.json({ url: store.url, ...found })
  else for (const line of statsLines(found, { url: store.url, now: surroundings.clock.now() })) output.line(line)
  return EXIT.completed.code
}
