import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { assert, describe, it } from 'vitest'
import { finish, firstLine, killHard, startProcess } from '../../support/processes.ts'
import { git, type KeptWorkspace, keptWorkspace } from '../../support/snapshots.ts'

const PROGRAM = 'test/runtime/snapshots/snapshot-process.ts'
const many = (content: (at: number) => string) =>
  Object.fromEntries(Array.from({ length: 300 }, (_, at) => [`d${at % 20}/f${at}.txt`, content(at)]))

/** At a moment that nobody has chosen. */
async function killedAfter(ms: number, { root, directory }: KeptWorkspace, ...args: string[]): Promise<void> {
  const child = startProcess(PROGRAM, [root, directory, ...args])
  await firstLine(child)
  await sleep(ms)
  await killHard(child)
}

async function restoresIn(directory: string): Promise<string[]> {
  const [name] = await readdir(directory)
  const refs = await git(join(directory, name!), 'for-each-ref', '--format=%(objectname)', 'refs/restores/')
  return refs.split('\n').filter(Boolean)
}

describe('killed at any moment', () => {
  it('a snapshot leaves nothing in the way of the next', async () => {
    const kept = await keptWorkspace(many((at) => `one ${at}\n`.repeat(200)))
    for (const ms of [5, 20, 60, 120, 250]) {
      await kept.write({ 'd0/f0.txt': `killed after ${ms}` })
      await killedAfter(ms, kept, '20')
    }
    const { id } = await kept.snapshots.take()
    const clean = await kept.opened({ directory: `${kept.directory}-clean` })
    assert.equal((await clean.take()).id, id)
    const [name] = await readdir(kept.directory)
    await git(join(kept.directory, name!), 'fsck', '--strict', '--no-dangling')
  })

  for (const ms of [0, 10, 25, 50, 100])
    it(`a restore can be undone, and done again, ${ms} ms after it began to write`, async () => {
      const kept = await keptWorkspace(many((at) => `one ${at}`))
      const then = await kept.everything()
      const { id: to } = await kept.snapshots.take()
      await kept.write({ ...many((at) => `two ${at}`), d7: null, 'new/x.txt': 'x' })
      const later = await kept.everything()
      const { id: base } = await kept.snapshots.take()
      const child = startProcess(PROGRAM, [kept.root, kept.directory, 'restore', to, base])
      let [record] = await restoresIn(kept.directory)
      while (!record) [record] = await restoresIn(kept.directory)
      await sleep(ms)
      await killHard(child)
      const undone = await (await kept.opened()).undo(record)
      assert.equal(undone.status, 'restored')
      assert.deepEqual(await kept.everything(), later)
      const again = await (await kept.opened()).restore(to, { base })
      assert.equal(again.status, 'restored')
      assert.deepEqual(await kept.everything(), then)
    })
})

describe('two processes', () => {
  it('take snapshots of one workspace at the same time', async () => {
    const kept = await keptWorkspace(many((at) => `${at}`))
    const both = await Promise.all([1, 2].map(() => finish(PROGRAM, [kept.root, kept.directory, '5'])))
    const { id } = await kept.snapshots.take()
    for (const [, ...ids] of both) assert.deepEqual(ids, Array(5).fill(id))
  })
})
