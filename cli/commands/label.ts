import { Command, Option } from 'commander'
import { EXIT } from '../exit-codes.ts'
import { findCheckpoint } from '../finding/checkpoint.ts'
import { findThread } from '../finding/thread.ts'
import { type AtStore, atStore, type Setting } from './at-store.ts'
import { type StoreOptions, withStore } from './options.ts'
import { lookingAt } from './tree-at.ts'

interface LabelOptions extends StoreOptions {
  readonly checkpoint?: string
  readonly remove?: boolean
}

export function labelCommand(setting: Setting): Command {
  return withStore(new Command('label'), { store: setting.usualStore })
    .description('name a checkpoint: a tree has each name once, and commands take it where they take a checkpoint')
    .argument('<thread>', 'a thread id, or how it begins')
    .argument('<name>', 'the label')
    .addOption(new Option('--checkpoint <id>', 'a checkpoint of the thread; its last by default').conflicts('remove'))
    .option('--remove', 'take the label away')
    .action((thread: string, name: string, options: LabelOptions) =>
      atStore(options, setting, (at) => label(thread, name, { options, at }))
    )
}

async function label(
  given: string,
  name: string,
  { options, at }: { options: LabelOptions; at: AtStore }
): Promise<number> {
  const { store, output } = at
  const thread = await findThread(given, store.journal)
  const { threadId } = thread
  const runtime = await lookingAt(thread, { agents: undefined, at })
  if (options.remove) {
    await runtime.unlabel(threadId, name)
    if (options.json) output.json({ removed: name })
    else output.line(`"${name}" is no label any more`)
    return EXIT.completed.code
  }
  const place = await findCheckpoint(options.checkpoint ?? (await lastOf(threadId, runtime)), { runtime, threadId })
  await runtime.label(place, name)
  if (options.json) output.json({ ...place, label: name })
  else output.line(`"${name}" is checkpoint ${place.checkpointId}`)
  return EXIT.completed.code
}

async function lastOf(threadId: string, runtime: Awaited<ReturnType<typeof lookingAt>>): Promise<string> {
  const [last] = await runtime.history(threadId, { limit: 1 })
  return last?.checkpointId ?? ''
}
