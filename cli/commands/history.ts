import { Command } from 'commander'
import type { HistoryPage } from '../../runtime/history/list.ts'
import { EXIT } from '../exit-codes.ts'
import { findThread } from '../finding/thread.ts'
import { branchLines } from '../view/branch-lines.ts'
import { historyLines } from '../view/history-lines.ts'
import { painted, type Toned } from '../view/toned.ts'
import { type AtStore, atStore, type Setting } from './at-store.ts'
import { moment } from './moment.ts'
import { type StoreOptions, withStore } from './options.ts'
import { lookingAt } from './tree-at.ts'
import { wholeNumber } from './whole-number.ts'

interface HistoryOptions extends StoreOptions, Omit<HistoryPage, 'of'> {
  readonly agents?: string
  readonly tree?: boolean
  readonly branches?: boolean
  readonly limit: number
}

export function historyCommand(setting: Setting): Command {
  const time = moment(setting.surroundings.clock)
  return withStore(new Command('history'), { store: setting.usualStore })
    .description('list the checkpoints of a thread, newest first: what ran, what comes next, what was said')
    .argument('<thread>', 'a thread id, or how it begins')
    .option('--tree', 'of the whole tree of the thread')
    .option('--agent <name>', 'only of this agent, anywhere in the tree')
    .option('--node <name>', 'only steps in which this node ran')
    .option('--source <source>', 'only input, loop, update or fork')
    .option('--since <time>', 'only from this time on: 2026-03-01T12:30:00Z, or 2h for two hours ago', time)
    .option('--until <time>', 'only up to this time', time)
    .option('--label <name>', 'only the one with this label')
    .option('--before <place>', 'the page behind the one that ends at this place', wholeNumber)
    .option('--limit <n>', 'how many', wholeNumber, 100)
    .option('--branches', 'the trees that forks and rewinds have made of it, instead')
    .option('--agents <file>', 'a module that exports the agents, for a store from before checkpoints were listed')
    .action((thread: string, options: HistoryOptions) =>
      atStore(options, setting, (at) => history(thread, { options, at }))
    )
}

async function history(given: string, { options, at }: { options: HistoryOptions; at: AtStore }): Promise<number> {
  const { store, output } = at
  const { json, branches, tree, limit, agent, node, source, since, until, label, before } = options
  const thread = await findThread(given, store.journal)
  const runtime = await lookingAt(thread, { agents: options.agents, at })
  const of = tree || agent !== undefined || label !== undefined ? 'tree' : 'thread'
  const page = { of, agent, node, source, since, until, label, before, limit } as const
  const { found, lines } = branches
    ? linesWith(await runtime.branches(thread.threadId), branchLines)
    : linesWith(await runtime.history(thread.threadId, page), historyLines)
  if (json) output.json(found)
  else for (const line of lines) output.line(painted(line, output.paint))
  return EXIT.completed.code
}

function linesWith<Entry>(found: readonly Entry[], linesOf: (entries: readonly Entry[]) => Toned[]) {
  return { found, lines: linesOf(found) }
}
