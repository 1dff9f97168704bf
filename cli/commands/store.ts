import { Command } from 'commander'
import type { Setting } from './at-store.ts'
import { storeImportCommand } from './store-import.ts'
import { storePruneCommand } from './store-prune.ts'
import { storeStatsCommand } from './store-stats.ts'
import { storeVerifyCommand } from './store-verify.ts'

/** What can be done to a store as a whole. */
const COMMANDS: readonly ((setting: Setting) => Command)[] = [
  storeStatsCommand,
  storePruneCommand,
  storeVerifyCommand,
  storeImportCommand
]

export function storeCommand(setting: Setting): Command {
  const store = new Command('store').description('count, prune, check and fill a store, whoever its trees belong to')
  for (const command of COMMANDS) store.addCommand(command(setting))
  return store
}
