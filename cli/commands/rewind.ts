import { Command, Option } from 'commander'
import type { AgentRuntime, RewindRequest } from '../../runtime/agent-runtime.ts'
import { RuntimeError } from '../../state/errors.ts'
import { findCheckpoint } from '../finding/checkpoint.ts'
import { findThread } from '../finding/thread.ts'
import { type AtStore, atStore, type Setting } from './at-store.ts'
import { moment } from './moment.ts'
import { withAgents } from './options.ts'
import { choiceOf, type RewoundOptions, sayRewound, withFilesChoice } from './rewound.ts'
import { treeAt } from './tree-at.ts'

interface RewindOptions extends RewoundOptions {
  readonly checkpoint?: string
  readonly message?: string
  readonly at?: number
}

export function rewindCommand(setting: Setting): Command {
  return withFilesChoice(withAgents(new Command('rewind'), { store: setting.usualStore }))
    .description(
      'take a whole tree back, with the files of its workspace; what runs is cancelled, nothing is deleted, the id of what goes on is printed'
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
  const thread = await findThread(given, at.store.journal)
  const { runtime } = await treeAt(thread, { options, at })
  const request = await requestOf(thread.threadId, { options, runtime })
  const rewound = await runtime.rewind({ ...request, ...choiceOf(options), accept: options.accept ?? false })
  return sayRewound(rewound, { runtime, options, at })
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
