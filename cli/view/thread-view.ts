import type { HistoryEntry } from '../../runtime/history/list.ts'
import type { Snapshot } from '../../runtime/snapshot.ts'
import type { TreePolicy } from '../../state/policy.ts'
import { checkpointLines } from './checkpoint-lines.ts'
import { policyWords } from './policy-words.ts'
import { type CommandText, openAskLines } from './result-lines.ts'
import { plain, strong, type Toned } from './toned.ts'
import { type Spoken, transcriptLines } from './transcript.ts'
import { treeOf } from './tree.ts'
import { treeLines } from './tree-lines.ts'

/** All there is to see of a thread. */
export interface ThreadView extends Pick<Snapshot, 'thread' | 'usage' | 'subtree' | 'ledger'> {
  readonly asks: readonly Snapshot['asks'][number]['ask'][]
  readonly transcript: readonly Spoken[]
  /** What is said in advance of its tree. */
  readonly policy: TreePolicy | null
  /** Newest first. */
  readonly checkpoints: readonly HistoryEntry[]
}

interface Sight {
  readonly now: number
  readonly width: number
  readonly command: CommandText
}

/** As a page: what was said, the tree below, what waits for a decision, where one can go back to. */
export function threadPage(view: ThreadView, { now, width, command }: Sight): Toned[] {
  const { thread, policy, transcript, subtree, asks, checkpoints } = view
  return [
    strong(`${thread.path}  ${thread.status}  ${thread.threadId}`),
    ...(policy ? [plain(policyWords(policy))] : []),
    ...transcriptLines(transcript, { agent: thread.agent }),
    ...section('Tree', treeLines(treeOf(subtree, asks), { now, width }).map(plain)),
    ...section(
      'Threads',
      subtree.map(({ thread: { threadId, path } }) => plain(`${threadId}  ${path}`))
    ),
    ...(asks.length > 0 ? [plain(''), ...openAskLines(asks, command).slice(0, -1)] : []),
    ...section('Checkpoints, newest first', checkpointLines(checkpoints))
  ]
}

function section(title: string, lines: readonly Toned[]): Toned[] {
  return [plain(''), strong(title), ...lines]
}
