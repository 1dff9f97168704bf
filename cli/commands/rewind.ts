import { Command, Option } from 'commander'
import type { AgentRuntime, RewindRequest } from '../../runtime/agent-runtime.ts'
import { RuntimeError } from '../../state/errors.ts'
import { EXIT } from '../exit-codes.ts'
import { findCheckpoint } from '../finding/checkpoint.ts'
import { findThread } from '../finding/thread.ts'
import { type AtStore, atStore, type Setting } from './at-store.ts'
import { moment } from './moment.ts'
import { type AgentOptions, commandText, withAgents } from './options.ts'
import { sayRepeats } from './repeats.ts'
import { treeAt } from './tree-at.ts'

interface RewindOptions extends AgentOptions {
  readonly checkpoint?: string
  readonly message?: string
  readonly at?: number
  readonly accept?: boolean
}

export function rewindCommand(setting: Setting): Command {
  return withAgents(new Command('rewind'), { store: setting.usualStore })
    .description(
      'take a whole tree back; what runs is cancelled, nothing is deleted, the id of what goes on is printed'
    )
    .argument('<thread>', 'a thread id, or how it begins')
    .addOption(
      new Option('--checkpoint <id>', 'to a checkpoint of the thread, or how it begins, or a label').conflicts([
        'message',
        'at'
      ])
    )
    .addOption(new Option('--message <id>', 'to where this message of the thread had just come').conflicts('at'))
    .option(
      '--at <time>',
      'to what was there then: 2026-03-01T12:30:00Z, or 2h for two hours ago',
      moment(setting.surroundings.clock)
    )
    .option('--accept', 'what was done since may be done again without asking')
    .action((thread: string, options: RewindOptions) =>
      atStore(options, setting, (at) => rewind(thread, { options, at }))
    )
}

async function rewind(given: string, { options, at }: { options: RewindOptions; at: AtStore }): Promise<number> {
  const { output, usualStore } = at
  const thread = await findThread(given, at.store.journal)
  const { runtime } = await treeAt(thread, { options, at })
  const request = await requestOf(thread.threadId, { options, runtime })
  const fresh = await runtime.rewind({ ...request, accept: options.accept ?? false })
  if (options.json) {
    output.json(fresh)
    return EXIT.completed.code
  }
  sayRepeats(await runtime.repeats(fresh.threadId), output)
  const command = commandText(options, { usual: usualStore })
  if (fresh.status === 'paused') output.aside(`go on with: ${command('resume', fresh.threadId)}`)
  output.line(fresh.threadId)
  return EXIT.completed.code
}

async function requestOf(
  threadId: string,
  { options, runtime }: { options: RewindOptions; runtime: AgentRuntime }
): Promise<RewindRequest> {
  const { checkpoint, message, at } = options
  if (message !== undefined) return { threadId, to: { messageId: message } }
  if (at !== undefined) return { threadId, to: { at } }
  if (checkpoint === undefined)
    throw new RuntimeError('BAD_ARGUMENTS', 'say where to: --checkpoint ID, --message ID or --at TIME')
  const place = await findCheckpoint(checkpoint, { runtime, threadId })
  return { threadId: place.threadId, to: { checkpointId: place.checkpointId } }
}
