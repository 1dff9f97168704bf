import { setTimeout as sleep } from 'node:timers/promises'
import Database from 'better-sqlite3'
import { assert } from 'vitest'
import type { Lease } from '../../state/leases.ts'
import type { Meanwhile, Writer } from './four-writers.ts'

const LOOK_MS = 20

/**
 * Freezes a writer in the middle of its work, as a closed laptop does, until others have taken over every tree that it drove
 * while they waited for it; then lets it go on, as if nothing had been. A tree that nobody else waits for is taken over by
 * nobody, and whoever holds no lease at the moment sleeps through none.
 */
export async function freezeOne({ writers, threadIds, total, store, url }: Meanwhile): Promise<void> {
  const soFar = () => writers.reduce((sum, { said }) => sum + said.length, 0)
  const leases = async () => Promise.all(threadIds.map((threadId) => store.journal.lease(threadId)))
  const isIts = ({ holder }: Writer, lease: Lease | undefined) => lease?.holder.startsWith(`${holder}/`) ?? false
  const driving = async () => {
    const held = (await leases()).filter((lease) => lease && lease.expiresAt > 0)
    return writers.find((writer) => held.some((lease) => isIts(writer, lease)))
  }
  /** The trees that it drives and others have written to. */
  const wanted = async (writer: Writer) => {
    const found: string[] = []
    for (const lease of await leases()) {
      if (!lease || lease.expiresAt === 0 || !isIts(writer, lease)) continue
      const letters = await store.journal.letters(lease.rootThreadId)
      if (letters.some(({ text }) => !text.startsWith(`${writer.name}/`))) found.push(lease.rootThreadId)
    }
    return found
  }

  while (soFar() < total / 4) await sleep(LOOK_MS)
  let frozen: Writer | undefined
  let trees: readonly string[] = []
  while (!frozen) {
    assert.isBelow(soFar(), total, 'one of them drove a tree that another waited for')
    const writer = await driving()
    writer?.child.kill('SIGSTOP')
    trees = writer ? await wanted(writer) : []
    if (trees.length > 0 && canBeWritten(url)) frozen = writer
    else writer?.child.kill('SIGCONT')
    await sleep(LOOK_MS)
  }
  const isLeft = async (threadId: string) => isIts(frozen, await store.journal.lease(threadId))
  for (const threadId of trees) while (await isLeft(threadId)) await sleep(LOOK_MS)
  frozen.child.kill('SIGCONT')
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
