import { Command } from 'commander'
import { EXIT } from '../exit-codes.ts'
import { findGrant } from '../finding/grant.ts'
import { oneLine } from '../view/printable.ts'
import { type AtStore, atStore, type Setting } from './at-store.ts'
import { type StoreOptions, withStore } from './options.ts'
import { runtimeOn } from './runtime-on.ts'

export function revokeCommand(setting: Setting): Command {
  return withStore(new Command('revoke'), { store: setting.usualStore })
    .description('end a grant, also of a tree at work: the next such call is asked about again')
    .argument('<grant>', 'the id of a grant, or how it begins; `deputy grants` lists them')
    .action((grant: string, options: StoreOptions) => atStore(options, setting, (at) => revoke(grant, { options, at })))
}

async function revoke(given: string, { options, at }: { options: StoreOptions; at: AtStore }): Promise<number> {
  const { store, output } = at
  const { id, path, tool } = await findGrant(given, store.journal)
  await (await runtimeOn(store)).revokeGrant(id)
  if (options.json) output.json(await findGrant(id, store.journal))
  else output.line(`revoked: ${oneLine(path)} is asked again before it calls ${oneLine(tool)}`)
  return EXIT.completed.code
}
