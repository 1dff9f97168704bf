import { Command } from 'commander'
import type { PruneReport, PruneRequest } from '../../runtime/retention/prune.ts'
import { EXIT } from '../exit-codes.ts'
import { pruneLines } from '../view/prune-lines.ts'
import { type AtStore, atStore, type Setting } from './at-store.ts'
import { type StoreOptions, withStore } from './options.ts'
import { runtimeOn } from './runtime-on.ts'
import { timeSpan } from './time-span.ts'
import { wholeNumber } from './whole-number.ts'

interface PruneOptions extends StoreOptions {
  readonly olderThan?: number
  readonly keep?: number
  readonly thread?: string[]
  readonly abandoned?: boolean
  readonly files?: boolean
  readonly dryRun?: boolean
}

export function storePruneCommand(setting: Setting): Command {
  return withStore(new Command('prune'), { store: setting.usualStore })
    .description(
      'let go what is old: trees that have ended, checkpoints, events. Never an open ask, what has a label, or what is driven'
    )
    .option('--older-than <span>', 'what was there before: 90s, 30m, 2h, 7d', timeSpan)
    .option('--keep <n>', 'how many of the newest checkpoints of a thread stay, however old', wholeNumber)
    .option('--thread <id...>', 'only in the trees of these threads')
    .option('--abandoned', 'only trees that a rewind has left, as a whole')
    .option('--files', 'also file snapshots that no checkpoint of this store names any more')
    .option('--dry-run', 'do nothing, and tell what would go')
    .action((options: PruneOptions) => atStore(options, setting, (at) => prune(options, at)))
}

async function prune(options: PruneOptions, { store, output, surroundings }: AtStore): Promise<number> {
  // Several stores may keep files in one directory, and this one knows nothing of what the others name.
  const runtime = await runtimeOn(store, options.files ? { env: surroundings.env } : {})
  const report: PruneReport = await runtime.prune(requestOf(options))
  if (options.json) output.json(report)
  else for (const line of pruneLines(report)) output.line(line)
  return EXIT.completed.code
}

function requestOf({ olderThan, keep, thread, abandoned, dryRun }: PruneOptions): PruneRequest {
  return {
    ...(olderThan !== undefined && { olderThanMs: olderThan }),
    ...(keep !== undefined && { keep }),
    ...(thread && { threads: thread }),
    ...(abandoned && { branches: 'abandoned' }),
    ...(dryRun && { dryRun })
  }
}
