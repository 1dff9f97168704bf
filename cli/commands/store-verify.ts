import { Command } from 'commander'
import { EXIT } from '../exit-codes.ts'
import { verdictLines } from '../view/store-lines.ts'
import { type AtStore, atStore, type Setting } from './at-store.ts'
import { type StoreOptions, withWholeStore } from './options.ts'
import { wholeOf } from './whole-store.ts'

export function storeVerifyCommand(setting: Setting): Command {
  return withWholeStore(new Command('verify'), { store: setting.usualStore })
    .description(
      'read every row of a store through its seals, and list those that are damaged; then the exit code is 1'
    )
    .action((options: StoreOptions) => atStore(options, setting, (at) => verify(options, at)))
}

async function verify({ json }: StoreOptions, { store, output }: AtStore): Promise<number> {
  const whole = wholeOf(store)
  const found = await whole.verify()
  // What an official saver has left is read when the store is opened.
  const verdict = { ...found, damaged: [...new Set([...whole.damaged(), ...found.damaged])] }
  if (json) output.json(verdict)
  else for (const line of verdictLines(verdict)) output.line(line)
  return verdict.damaged.length > 0 ? EXIT.failed.code : EXIT.completed.code
}
