import { setTimeout as sleep } from 'node:timers/promises'
import Database from 'better-sqlite3'
import { assert } from 'vitest'
import type { Meanwhile, Writer } from './four-writers.ts'

const LOOK_MS = 50

/**
 * Freezes a writer in the middle of its work, as a closed laptop does, until others have taken over every tree that it drove;
 * then lets it go on, as if nothing had been.
 */
export async function freezeOne({ writers, threadIds, total, store, url }: Meanwhile): Promise<void> {
  const [writer] = writers as [Writer]
  const soFar = () => writers.reduce((sum, { said }) => sum + said.length, 0)
  while (soFar() < total / 4) await sleep(LOOK_MS)
  const isIts = async (threadId: string) => {
    const lease = await store.journal.lease(threadId)
    return lease !== undefined && lease.expiresAt > 0 && lease.holder.startsWith(`${writer.holder}/`)
  }
  const itsTrees = async () => {
    const held = await Promise.all(threadIds.map(isIts))
    return threadIds.filter((_, at) => held[at])
  }

  writer.child.kill('SIGSTOP')
  while ((await itsTrees()).length === 0 || !canBeWritten(url)) {
    writer.child.kill('SIGCONT')
    assert.isBelow(soFar(), total, 'it drove a tree at some time')
    await sleep(LOOK_MS)
    writer.child.kill('SIGSTOP')
  }
  while ((await itsTrees()).length > 0) await sleep(LOOK_MS)
  writer.child.kill('SIGCONT')
}

/** A process that is frozen while it writes to a file keeps all others from it: there no lease helps. */
function canBeWritten(url: string): boolean {
  if (!url.startsWith('sqlite:')) return true
  const db = new Database(url.slice('sqlite:'.length), { timeout: 1000 })
  try {
    db.exec('begin immediate; rollback')
    return true
  } catch {
    return false
  } finally {
    db.close()
  }
}
