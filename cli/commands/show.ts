import type { BaseMessage } from '@langchain/core/messages'
import { Command } from 'commander'
import type { AgentRuntime } from '../../runtime/agent-runtime.ts'
import { EXIT } from '../exit-codes.ts'
import { findThread } from '../finding/thread.ts'
import { type ThreadView, threadPage } from '../view/thread-view.ts'
import { painted } from '../view/toned.ts'
import { spokenIn } from '../view/transcript.ts'
import { type AtStore, atStore, type Setting } from './at-store.ts'
import { type AgentOptions, commandText, withAgents } from './options.ts'
import { treeAt } from './tree-at.ts'
import { wholeNumber } from './whole-number.ts'

type ShowOptions = AgentOptions & { readonly limit: number }

export function showCommand(setting: Setting): Command {
  return withAgents(new Command('show'), { store: setting.usualStore })
    .description('show a thread: what was said, the tree below it, open asks, checkpoints')
    .argument('<thread>', 'a thread id, or how it begins')
    .option('--limit <n>', 'how many checkpoints', wholeNumber, 20)
    .action((thread: string, options: ShowOptions) => atStore(options, setting, (at) => show(thread, { options, at })))
}

async function show(given: string, { options, at }: { options: ShowOptions; at: AtStore }): Promise<number> {
  const { store, output, surroundings, usualStore } = at
  const found = await findThread(given, store.journal)
  const { root, runtime } = await treeAt(found, { options, at })
  const view = { ...(await viewOf(found.threadId, { runtime, limit: options.limit })), policy: root.policy }
  if (options.json) {
    output.json(view)
    return EXIT.completed.code
  }
  const width = (surroundings.stdout.columns || WIDE) - 1
  const command = commandText(options, { usual: usualStore })
  const page = threadPage(view, { now: surroundings.clock.now(), width, command })
  for (const line of page) output.line(painted(line, output.paint))
  return EXIT.completed.code
}

/** Where no terminal says how wide it is. */
const WIDE = 120

async function viewOf(
  threadId: string,
  { runtime, limit }: { runtime: AgentRuntime; limit: number }
): Promise<Omit<ThreadView, 'policy'>> {
  const { thread, values, ledger, usage, subtree, asks } = await runtime.getSnapshot(threadId)
  const transcript = spokenIn((values.messages ?? []) as readonly BaseMessage[])
  const checkpoints = await runtime.history(threadId, { limit })
  return { thread, usage, subtree, asks: asks.map(({ ask }) => ask), ledger, transcript, checkpoints }
}
