import { setTimeout as sleep } from 'node:timers/promises'
import type { Clock, Ids } from '../state/context.ts'
import type { Letter } from '../state/inbox.ts'
import type { Journal } from '../state/journal.ts'
import type { ThreadRecord } from '../state/threads.ts'
import type { Driver } from './drive.ts'
import { POLL_MS } from './pace.ts'

export interface CommandParts {
  readonly driver: Driver
  readonly journal: Journal
  readonly clock: Clock
  readonly ids: Ids
  readonly holder: string
}

/** Where another process drives the tree it is told, and has obeyed, or ended, when this returns. */
export async function tellHolder(
  { rootThreadId, threadId }: Pick<ThreadRecord, 'rootThreadId' | 'threadId'>,
  { kind, reason }: { kind: Letter['kind']; reason: string },
  parts: CommandParts
): Promise<void> {
  if (!(await isDrivenElsewhere(rootThreadId, parts))) return
  const { journal, clock, ids } = parts
  const id = ids.next()
  await journal.send({ id, rootThreadId, threadId, kind, text: reason, sentAt: clock.now() })
  const isWaiting = async () => (await journal.letters(rootThreadId)).some((letter) => letter.id === id)
  while ((await isDrivenElsewhere(rootThreadId, parts)) && (await isWaiting())) await sleep(POLL_MS)
  await journal.takeLetter(id)
}

export async function isDrivenElsewhere(
  rootThreadId: string,
  { journal, clock, holder }: Pick<CommandParts, 'journal' | 'clock' | 'holder'>
): Promise<boolean> {
  const lease = await journal.lease(rootThreadId)
  return lease !== undefined && lease.holder !== holder && lease.expiresAt > clock.now()
}
