import { Command } from 'commander'
import type { Grant } from '../../state/grants.ts'
import type { Journal } from '../../state/journal.ts'
import { EXIT } from '../exit-codes.ts'
import { givenGrants } from '../finding/grant.ts'
import { findThread } from '../finding/thread.ts'
import { grantLines, type ShownGrant } from '../view/grant-lines.ts'
import { type AtStore, atStore, type Setting } from './at-store.ts'
import { type StoreOptions, withStore } from './options.ts'

export function grantsCommand(setting: Setting): Command {
  return withStore(new Command('grants'), { store: setting.usualStore })
    .description('list what was approved for more than once: in all trees, or in the one that a thread belongs to')
    .argument('[thread]', 'a thread id, or how it begins')
    .action((thread: string | undefined, options: StoreOptions) =>
      atStore(options, setting, (at) => grants(thread, { options, at }))
    )
}

async function grants(
  given: string | undefined,
  { options, at }: { options: StoreOptions; at: AtStore }
): Promise<number> {
  const { store, output, surroundings } = at
  const thread = given === undefined ? undefined : await findThread(given, store.journal)
  const shown = await withArgs(await givenGrants(store.journal, thread?.rootThreadId), store.journal)
  if (options.json) output.json(shown)
  else for (const line of grantLines(shown, { now: surroundings.clock.now(), paint: output.paint })) output.line(line)
  return EXIT.completed.code
}

/** A grant knows its call by a hash; what a person reads is in the ask. */
async function withArgs(grants: readonly Grant[], journal: Journal): Promise<ShownGrant[]> {
  const asks = await journal.asks(grants.map(({ id }) => id))
  const args = new Map(asks.map(({ ask }) => [ask.id, ask.args]))
  return grants.map((grant) => ({ ...grant, args: args.get(grant.id) }))
}
