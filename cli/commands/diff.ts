import { Command, Option } from 'commander'
import type { AgentRuntime } from '../../runtime/agent-runtime.ts'
import type { DiffRequest } from '../../runtime/history/diff.ts'
import { EXIT } from '../exit-codes.ts'
import { findCheckpoint } from '../finding/checkpoint.ts'
import { findThread } from '../finding/thread.ts'
import { diffLines } from '../view/diff-lines.ts'
import { type AtStore, atStore, type Setting } from './at-store.ts'
import { type AgentOptions, withAgents } from './options.ts'
import { treeAt } from './tree-at.ts'

interface DiffOptions extends AgentOptions {
  readonly mode: 'step' | 'from-start' | 'to-now'
  readonly thread?: string
  readonly patch?: boolean
}

export function diffCommand(setting: Setting): Command {
  return withAgents(new Command('diff'), { store: setting.usualStore })
    .description('show what changed from one checkpoint to another: messages, tasks, grants, usage, all other state')
    .argument('<thread>', 'a thread id, or how it begins')
    .argument('<checkpoint>', 'a checkpoint of the thread, or how it begins, or a label')
    .argument('[other]', 'a later one to compare with; without it --mode says with what')
    .addOption(
      new Option('--mode <mode>', 'with the one before it, the first of its thread, or the last')
        .choices(['step', 'from-start', 'to-now'])
        .default('step')
    )
    .option('--thread <thread>', 'the thread of the other, where it is another: a fork, for one')
    .option('--patch', 'print it as a JSON Patch (RFC 6902) alone')
    .action((thread: string, checkpoint: string, other: string | undefined, options: DiffOptions) =>
      atStore(options, setting, (at) => diff({ thread, checkpoint, other }, { options, at }))
    )
}

interface Given {
  readonly thread: string
  readonly checkpoint: string
  readonly other: string | undefined
}

async function diff(given: Given, { options, at }: { options: DiffOptions; at: AtStore }): Promise<number> {
  const { output, surroundings, store } = at
  const thread = await findThread(given.thread, store.journal)
  const { runtime } = await treeAt(thread, { options, at })
  const request = await requestOf(given, { threadId: thread.threadId, options, runtime, at })
  const found = await runtime.diff(request)
  if (options.patch) output.json(found.patch)
  else if (options.json) output.json(found)
  else
    for (const line of diffLines(found, { width: surroundings.stdout.columns ?? NARROW, paint: output.paint }))
      output.line(line)
  return EXIT.completed.code
}

/** Where no terminal says how wide it is, a program reads: one line for each side. */
const NARROW = 80

async function requestOf(
  { checkpoint, other }: Given,
  parts: { threadId: string; options: DiffOptions; runtime: AgentRuntime; at: AtStore }
): Promise<DiffRequest> {
  const { threadId, options, runtime, at } = parts
  const from = await findCheckpoint(checkpoint, { runtime, threadId })
  if (other === undefined) return { mode: options.mode, ...from }
  const second = options.thread === undefined ? threadId : (await findThread(options.thread, at.store.journal)).threadId
  return { mode: 'range', from, to: await findCheckpoint(other, { runtime, threadId: second }) }
}
