import { realpathSync } from 'node:fs'
import { Command } from 'commander'
import { placeOf } from '../../checkpointers/open.ts'
import { officialCheckpoints, openSource } from '../../checkpointers/open-source.ts'
import { EXIT } from '../exit-codes.ts'
import { importLines, takenOverLines } from '../view/store-lines.ts'
import { type AtStore, atStore, type Setting } from './at-store.ts'
import { type StoreOptions, withWholeStore } from './options.ts'
import { wholeOf } from './whole-store.ts'

interface ImportOptions extends StoreOptions {
  readonly from: string
}

export function storeImportCommand(setting: Setting): Command {
  return withWholeStore(new Command('import'), { store: setting.usualStore })
    .description('copy another store, or the checkpoints of an official LangGraph saver, into this one')
    .requiredOption('--from <url>', 'what is copied: sqlite:PATH or postgres://…; it stays as it is')
    .addHelpText('after', HELP)
    .action((options: ImportOptions) => importing(options, setting))
}

const HELP = `
Of a store of Deputy's everything is copied: checkpoints, pending writes, and all rows of the journal. Of a database that
only an official saver has used: its checkpoints with their pending writes; a graph goes on from them, and \`deputy threads\`
does not list them, since nobody knows their agents. Every checkpoint is read again and compared. All is in one transaction.
What is damaged stays behind, is named, and the exit code is 1. A thread that is in both, or at work, is refused.

With the store itself as --from, what an official saver has left in it is taken over, in place.

DEPUTY_STORE_KEY and DEPUTY_ENCRYPTION_KEY are the keys of the store, DEPUTY_FROM_STORE_KEY and DEPUTY_FROM_ENCRYPTION_KEY
those of what is copied.`

async function importing(options: ImportOptions, setting: Setting): Promise<void> {
  const before = isSame(options) ? await officialCheckpoints(options.store).catch(() => 0) : undefined
  return atStore(options, setting, (at) =>
    before === undefined ? bringIn(options, at) : sayTakenOver(before, { json: options.json, at })
  )
}

async function bringIn({ from, json }: ImportOptions, { store, output, surroundings }: AtStore): Promise<number> {
  const whole = wholeOf(store)
  const { DEPUTY_FROM_STORE_KEY: key, DEPUTY_FROM_ENCRYPTION_KEY: encryptionKey } = surroundings.env
  const source = await openSource(from, { key, encryptionKey })
  const brought = await whole.bringIn(source, { now: surroundings.clock.now() }).finally(source.close)
  if (json) output.json({ from: source.url, into: store.url, ...brought })
  else for (const line of importLines(brought, { from: source.url })) output.line(line)
  return brought.damaged.length > 0 ? EXIT.failed.code : EXIT.completed.code
}

/** Opening the store has done it. */
async function sayTakenOver(
  before: number,
  { json, at: { store, output } }: { json: boolean | undefined; at: AtStore }
): Promise<number> {
  const whole = wholeOf(store)
  const { leftOver } = await whole.stats()
  const taken = { checkpoints: before - leftOver, leftOver, damaged: whole.damaged() }
  if (json) output.json({ into: store.url, ...taken })
  else for (const line of takenOverLines(taken)) output.line(line)
  return leftOver > 0 ? EXIT.failed.code : EXIT.completed.code
}

function isSame({ from, store }: ImportOptions): boolean {
  if (from === store) return true
  try {
    const [one, other] = [placeOf(from), placeOf(store)]
    return (
      one.dialect === 'sqlite' && other.dialect === 'sqlite' && realpathSync(one.place) === realpathSync(other.place)
    )
  } catch {
    return false // one of them is not there yet, or names no store: whoever opens it says so
  }
}
