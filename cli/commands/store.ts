import { Command } from 'commander'
import type { Setting } from './at-store.ts'
import { storePruneCommand } from './store-prune.ts'

export function storeCommand(setting: Setting): Command {
  return new Command('store').description('look after the store itself').addCommand(storePruneCommand(setting))
}
