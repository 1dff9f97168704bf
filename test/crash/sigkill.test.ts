import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { assert, describe, it, onTestFinished } from 'vitest'
import { openStore } from '../../checkpointers/open.ts'
import type { Store } from '../../checkpointers/store.ts'
import type { ThreadRecord } from '../../state/threads.ts'
import { finish, killHard, startProcess } from '../support/processes.ts'
import { sqlitePlace } from '../support/stores.ts'
import { tempDir } from '../support/temp-dir.ts'
import { type Book, emptyBook, lookAfterCrash, lookAtEnd } from './onlooker.ts'
import { seeded, spread } from './seeded.ts'
import { type Deed, WORK } from './tree.ts'

const PROCESS = new URL('./tree-process.ts', import.meta.url).pathname
const KILLS = 10
/** About as many lines as a tree prints from its start to its end. */
const LINES = 180
const SEED = 7

interface Left {
  readonly about: string
  readonly root: ThreadRecord
  readonly book: Book
}

describe('a process that is killed by the system while a tree is at work', () => {
  it('is followed by one that finishes the tree, each effect at most once, and is killed over the next', async () => {
    const place = await sqlitePlace()
    onTestFinished(place.remove)
    const effectsFile = join(await tempDir(), 'effects')
    const args = [place.url, effectsFile, String(SEED)]
    const store = await openStore(place.url)
    onTestFinished(store.close)

    let left: Left | undefined
    for (const [nth, line] of spread({ count: KILLS, last: LINES, random: seeded(SEED) }).entries()) {
      const about = `seed ${SEED}, kill ${nth + 1} of ${KILLS}, after line ${line}`
      const killed = startProcess(PROCESS, args)
      const lines = createInterface(killed.stdout)[Symbol.asyncIterator]()
      assert.equal((await lines.next()).value, 'recovered', left?.about ?? about)
      if (left) await lookAtLeft(left, { store, effectsFile })
      for (let read = 0; read < line; read++) if ((await lines.next()).value === 'at its end') break
      await killHard(killed)
      left = { about, ...(await leftBehind(store, left?.root)) }
    }
    assert.deepEqual(await finish(PROCESS, [...args, 'last']), ['recovered'])
    await lookAtLeft(left!, { store, effectsFile })
    assert.equal((await store.journal.roots({ limit: 100 })).length, KILLS, 'every tree was accepted')
  }, 120_000)
})

/** The youngest tree of a store whose process is dead. */
async function leftBehind(store: Store, before: ThreadRecord | undefined): Promise<Omit<Left, 'about'>> {
  const roots = await store.journal.roots({ limit: 100 })
  const root = roots.reduce((one, other) => (other.createdAt > one.createdAt ? other : one))
  assert.notEqual(root.threadId, before?.threadId, 'a tree was begun')
  const book = emptyBook()
  for (const { ask } of await store.journal.openAsks({ rootThreadId: root.threadId })) book.listed.set(ask.id, ask)
  await lookAfterCrash(store, book)
  return { root, book }
}

async function lookAtLeft(
  { about, root, book }: Left,
  { store, effectsFile }: { store: Store; effectsFile: string }
): Promise<void> {
  const threads = new Set((await store.journal.threadsOf(root.threadId)).map(({ threadId }) => threadId))
  const deeds = (await readFile(effectsFile, 'utf8'))
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Deed)
  book.done.push(...deeds.filter(({ key }) => threads.has(key.slice(0, key.indexOf(':')))))
  try {
    await lookAfterCrash(store, book)
    await lookAtEnd({ store, root, book }, { seed: SEED, inputs: [WORK] })
  } catch (error) {
    throw new Error(`${about}: ${(error as Error).message}`, { cause: error })
  }
}
