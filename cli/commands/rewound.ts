import { type Command, Option } from 'commander'
import type { AgentRuntime } from '../../runtime/agent-runtime.ts'
import type { FilesChoice, Rewound } from '../../runtime/history/take-place.ts'
import { EXIT } from '../exit-codes.ts'
import { conflictLines, filesBackLines } from '../view/files-back-lines.ts'
import type { AtStore } from './at-store.ts'
import { type AgentOptions, commandText } from './options.ts'
import { sayRepeats } from './repeats.ts'
import { keepSaid } from './said-of-tree.ts'

export interface RewoundOptions extends AgentOptions {
  readonly accept?: boolean
  readonly keepFiles?: boolean
  readonly onConflict?: NonNullable<FilesChoice['onConflict']>
}

/** For commands that take files back with the conversation. */
export function withFilesChoice(command: Command): Command {
  return command
    .option('--keep-files', 'leave the files of the workspace as they are')
    .addOption(
      new Option(
        '--on-conflict <what>',
        'where files were changed since, and not by the tree: stop and list them, keep them, or overwrite them; stop by default'
      )
        .choices(['stop', 'keep', 'overwrite'])
        .conflicts('keepFiles')
    )
}

export function choiceOf({ keepFiles, onConflict }: RewoundOptions): FilesChoice {
  return { files: keepFiles ? 'leave' : 'restore', onConflict }
}

/** Says what goes on, beside it what became of the files, and what would be done again; or why nothing was taken back. */
export async function sayRewound(
  rewound: Rewound,
  { runtime, options, at: { output, usualStore } }: { runtime: AgentRuntime; options: RewoundOptions; at: AtStore }
): Promise<number> {
  if (rewound.status === 'rewound') await keepSaid(rewound.thread.threadId, { options, runtime, output })
  const code = rewound.status === 'rewound' ? EXIT.completed.code : EXIT.failed.code
  if (options.json) {
    output.json(rewound)
    return code
  }
  if (rewound.status === 'conflicts') {
    for (const line of conflictLines(rewound.conflicts)) output.aside(line)
    return code
  }
  const { thread, files } = rewound
  for (const line of filesBackLines(files, thread)) output.aside(line)
  sayRepeats(await runtime.repeats(thread.threadId), output)
  const command = commandText(options, { usual: usualStore })
  if (thread.status === 'paused') output.aside(`go on with: ${command('resume', thread.threadId)}`)
  output.line(thread.threadId)
  return code
}
