import { chmod, mkdir, readdir, rm, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { assert, describe, it } from 'vitest'
import type { Restored } from '../../../runtime/snapshots/restoring.ts'
import { refused } from '../../support/refused.ts'
import { type KeptWorkspace, keptWorkspace } from '../../support/snapshots.ts'

const taken = async ({ snapshots }: KeptWorkspace) => (await snapshots.take()).id

function done(restored: Restored): Extract<Restored, { status: 'restored' }> {
  if (restored.status === 'restored') return restored
  assert.fail(`it stopped at conflicts: ${JSON.stringify(restored.conflicts)}`)
}

describe('a snapshot', () => {
  it('is the same as long as nothing changes, in whatever process it is taken', async () => {
    const kept = await keptWorkspace({ 'a.txt': 'a', 'src/b.txt': 'b' })
    const first = await kept.snapshots.take()
    const second = await kept.snapshots.take()
    const elsewhere = await (await kept.opened()).take()
    const afresh = await (await kept.opened({ directory: `${kept.directory}-2` })).take()
    assert.deepEqual([second.id, elsewhere.id, afresh.id], [first.id, first.id, first.id])
    assert.deepEqual([first.changes, second.changes], [[], []])
  })

  it('tells what has changed since the one before', async () => {
    const kept = await keptWorkspace({ 'a.txt': 'a', 'b.txt': 'b', 'c.txt': 'c' })
    const before = await taken(kept)
    await kept.write({ 'a.txt': 'A', 'b.txt': null, 'd/e.txt': 'e' })
    const { id, changes } = await kept.snapshots.take()
    assert.sameDeepMembers(changes as unknown[], [
      { path: 'a.txt', kind: 'changed' },
      { path: 'b.txt', kind: 'deleted' },
      { path: 'd/e.txt', kind: 'added' }
    ])
    const compared = await kept.snapshots.compare(before, id)
    assert.deepEqual(
      compared.map(({ path }) => path),
      ['a.txt', 'b.txt', 'd/e.txt']
    )
    const [change] = compared
    assert.equal((await kept.snapshots.content(change!.from!.id)).toString(), 'a')
    assert.equal((await kept.snapshots.content(change!.to!.id)).toString(), 'A')
  })

  it('sees a change that leaves size and time as they were', async () => {
    const kept = await keptWorkspace({ 'a.txt': 'one' })
    const at = new Date(1_000_000)
    await utimes(kept.path('a.txt'), at, at)
    const before = await taken(kept)
    await kept.write({ 'a.txt': 'two' })
    await utimes(kept.path('a.txt'), at, at)
    assert.notEqual(await taken(kept), before)
  })

  it('is shared by all that ask for one while another is being taken', async () => {
    const kept = await keptWorkspace({ 'a.txt': 'a' })
    const [first, ...others] = await Promise.all([1, 2, 3, 4].map(() => kept.snapshots.take()))
    for (const other of others) assert.equal(other, first)
  })
})

describe('a restore', () => {
  it('brings the files back, and is undone', async () => {
    const kept = await keptWorkspace({ 'a.txt': 'a', 'src/b.txt': 'b', 'run.sh': 'echo' })
    await chmod(kept.path('run.sh'), 0o755)
    const then = await kept.everything()
    const to = await taken(kept)
    await kept.write({ 'a.txt': 'A', src: null, 'new/c.txt': 'c' })
    await chmod(kept.path('run.sh'), 0o644)
    const later = await kept.everything()
    const base = await taken(kept)
    const restored = done(await kept.snapshots.restore(to, { base }))
    assert.deepEqual(await kept.everything(), then)
    assert.equal(await taken(kept), restored.snapshot)
    assert.equal(restored.snapshot, to)
    assert.deepEqual([restored.kept, restored.failed], [[], []])
    done(await kept.snapshots.undo(restored.restoreId))
    assert.deepEqual(await kept.everything(), later)
  })

  it('stops at what a person has changed since, and nothing is touched', async () => {
    const kept = await keptWorkspace({ 'a.txt': 'a', 'b.txt': 'b' })
    const to = await taken(kept)
    await kept.write({ 'a.txt': 'agent', 'b.txt': 'agent' })
    const base = await taken(kept)
    await kept.write({ 'a.txt': 'person' })
    const now = await kept.everything()
    const restored = await kept.snapshots.restore(to, { base })
    assert.equal(restored.status, 'conflicts')
    const [conflict, ...others] = restored.status === 'conflicts' ? restored.conflicts : []
    assert.deepEqual(others, [])
    const texts = [conflict!.base, conflict!.ours, conflict!.theirs].map(async (version) =>
      (await kept.snapshots.content(version!.id)).toString()
    )
    assert.deepEqual([conflict!.path, ...(await Promise.all(texts))], ['a.txt', 'agent', 'a', 'person'])
    assert.deepEqual(await kept.everything(), now)
  })

  it('leaves what a person has changed, or overwrites it, as it is told', async () => {
    const kept = await keptWorkspace({ 'a.txt': 'a', 'b.txt': 'b' })
    const to = await taken(kept)
    await kept.write({ 'a.txt': 'agent', 'b.txt': 'agent' })
    const base = await taken(kept)
    await kept.write({ 'a.txt': 'person' })
    const keeping = done(await kept.snapshots.restore(to, { base, onConflict: 'keep' }))
    assert.deepEqual(await kept.everything(), { 'a.txt': '- person', 'b.txt': '- b' })
    assert.deepEqual(
      keeping.kept.map(({ path }) => path),
      ['a.txt']
    )
    const over = done(await kept.snapshots.restore(to, { base, onConflict: 'overwrite' }))
    assert.deepEqual(await kept.everything(), { 'a.txt': '- a', 'b.txt': '- b' })
    done(await kept.snapshots.undo(over.restoreId))
    assert.deepEqual(await kept.everything(), { 'a.txt': '- person', 'b.txt': '- b' })
  })

  it('leaves files of a person alone that have nothing to do with it', async () => {
    const kept = await keptWorkspace({ 'a.txt': 'a', 'notes.txt': 'n' })
    const to = await taken(kept)
    await kept.write({ 'a.txt': 'agent' })
    const base = await taken(kept)
    await kept.write({ 'notes.txt': 'person', 'todo.txt': 'person' })
    const restored = done(await kept.snapshots.restore(to, { base }))
    assert.deepEqual(await kept.everything(), { 'a.txt': '- a', 'notes.txt': '- person', 'todo.txt': '- person' })
    assert.deepEqual(
      restored.kept.map(({ path }) => path),
      ['notes.txt', 'todo.txt']
    )
  })

  it('finds a conflict where a file of a person is in the way', async () => {
    const kept = await keptWorkspace({ 'lib/a.txt': 'a' })
    const to = await taken(kept)
    await kept.write({ lib: null })
    const base = await taken(kept)
    await kept.write({ lib: 'person' })
    const stopped = await kept.snapshots.restore(to, { base })
    assert.deepEqual(stopped.status === 'conflicts' && stopped.conflicts.map(({ path }) => path), ['lib'])
    const keeping = done(await kept.snapshots.restore(to, { base, onConflict: 'keep' }))
    assert.deepEqual(await kept.everything(), { lib: '- person' })
    assert.sameMembers(
      keeping.kept.map(({ path }) => path),
      ['lib', 'lib/a.txt']
    )
    done(await kept.snapshots.restore(to, { base, onConflict: 'overwrite' }))
    assert.deepEqual(await kept.everything(), { 'lib/': 'directory', 'lib/a.txt': '- a' })
  })

  it('never touches what no snapshot has', async () => {
    const kept = await keptWorkspace({ 'a.txt': 'a', 'b.txt': 'b' }, { maxFileBytes: 100 })
    const to = await taken(kept)
    const large = 'x'.repeat(101)
    await kept.write({ 'a.txt': large, 'b.txt': null })
    const base = await taken(kept)
    const restored = done(await kept.snapshots.restore(to, { base, onConflict: 'overwrite' }))
    assert.deepEqual(await kept.everything(), { 'a.txt': `- ${large}`, 'b.txt': '- b' })
    assert.deepEqual(
      restored.kept.map(({ path, unkept }) => [path, unkept]),
      [['a.txt', true]]
    )
  })

  it('does not take away what was too large to be kept then', async () => {
    const kept = await keptWorkspace({ 'a.txt': 'a', 'data.bin': 'x'.repeat(101) }, { maxFileBytes: 100 })
    const to = await taken(kept)
    await kept.write({ 'a.txt': 'A', 'data.bin': 'small' })
    const base = await taken(kept)
    done(await kept.snapshots.restore(to, { base }))
    assert.deepEqual(await kept.everything(), { 'a.txt': '- a', 'data.bin': '- small' })
  })

  it('that was cut short is undone as a whole one is', async () => {
    const kept = await keptWorkspace({ 'a.txt': 'a', 'b.txt': 'b', 'c.txt': 'c', 'd/e.txt': 'e' })
    const to = await taken(kept)
    await kept.write({ 'a.txt': 'A', 'b.txt': 'B', 'c.txt': null, 'd/f.txt': 'f' })
    const later = await kept.everything()
    const base = await taken(kept)
    const { restoreId } = done(await kept.snapshots.restore(to, { base }))
    // As it would be, had it died after some of the files, while it wrote another.
    await kept.write({ 'b.txt': 'B', 'd/f.txt': 'f', 'd/.deputy-restore': 'half of a file' })
    done(await (await kept.opened()).undo(restoreId))
    assert.deepEqual(await kept.everything(), later)
  })

  it('is undone with the directories that had nothing in them', async () => {
    const kept = await keptWorkspace({ 'd/a.txt': 'a' })
    const to = await taken(kept)
    await kept.write({ d: null })
    await mkdir(kept.path('d'))
    const later = await kept.everything()
    const base = await taken(kept)
    const { restoreId } = done(await kept.snapshots.restore(to, { base }))
    done(await kept.snapshots.undo(restoreId))
    assert.deepEqual(await kept.everything(), later)
  })

  it('can be undone after edits, which are conflicts then', async () => {
    const kept = await keptWorkspace({ 'a.txt': 'a' })
    const to = await taken(kept)
    await kept.write({ 'a.txt': 'A' })
    const { restoreId } = done(await kept.snapshots.restore(to, { base: await taken(kept) }))
    await kept.write({ 'a.txt': 'person' })
    assert.equal((await kept.snapshots.undo(restoreId)).status, 'conflicts')
    assert.deepEqual(await kept.everything(), { 'a.txt': '- person' })
  })

  it('refuses snapshots that there are none of', async () => {
    const kept = await keptWorkspace({ 'a.txt': 'a' })
    const base = await taken(kept)
    for (const id of ['0'.repeat(40), '--help', 'HEAD', ''])
      await refused(() => kept.snapshots.restore(id, { base }), 'UNKNOWN_SNAPSHOT')
    await refused(() => kept.snapshots.undo('f'.repeat(40)), 'UNKNOWN_SNAPSHOT')
    await refused(() => kept.snapshots.undo(base), 'UNKNOWN_SNAPSHOT')
  })
})

describe('pruning', () => {
  it('keeps what is named, what is young, and what an undo needs', async () => {
    const kept = await keptWorkspace({ 'a.txt': '1' })
    const first = await taken(kept)
    await kept.write({ 'a.txt': '2' })
    const second = await taken(kept)
    await kept.write({ 'a.txt': '3' })
    await taken(kept)
    assert.deepEqual(await kept.snapshots.prune([first]), { dropped: 0 })
    assert.deepEqual(await kept.snapshots.prune([first], { olderThanMs: -1000 }), { dropped: 2 })
    const restored = done(await kept.snapshots.restore(first, { base: await taken(kept) }))
    assert.deepEqual(await kept.everything(), { 'a.txt': '- 1' })
    done(await kept.snapshots.undo(restored.restoreId))
    assert.deepEqual(await kept.everything(), { 'a.txt': '- 3' })
    await rm(kept.path('a.txt'))
    await writeFile(kept.path('a.txt'), '2')
    assert.equal(await taken(kept), second)
  })

  it('leaves a young restore what it needs to be undone, however old that is', async () => {
    const kept = await keptWorkspace({ 'a.txt': '1' })
    const first = await taken(kept)
    await kept.write({ 'a.txt': '2' })
    const second = await taken(kept)
    await kept.write({ 'a.txt': '3' })
    const third = await taken(kept)
    const { restoreId } = done(await kept.snapshots.restore(second, { base: third }))
    const repository = join(kept.directory, (await readdir(kept.directory))[0]!)
    const long = new Date(Date.now() - 30 * 86_400_000)
    for (const id of [first, second, third]) await utimes(join(repository, 'refs/snapshots', id), long, long)
    assert.deepEqual(await kept.snapshots.prune([]), { dropped: 1 })
    assert.sameMembers(await readdir(join(repository, 'refs/snapshots')), [second, third])
    done(await kept.snapshots.undo(restoreId))
    assert.deepEqual(await kept.everything(), { 'a.txt': '- 3' })
  })

  it('is not all: small objects become one large, and nothing is lost', async () => {
    const kept = await keptWorkspace()
    const files = (round: number) =>
      Object.fromEntries(Array.from({ length: 90 }, (_, at) => [`f${at}.txt`, `${round} ${at}`]))
    await kept.write(files(0))
    const first = await taken(kept)
    for (let round = 1; round <= 30; round++) {
      await kept.write(files(round))
      await taken(kept)
    }
    const objects = join(kept.directory, (await readdir(kept.directory))[0]!, 'objects')
    assert.isAbove((await readdir(join(objects, '17'))).length, 8)
    const again = await kept.opened()
    const { id: base } = await again.take()
    while ((await readdir(objects)).includes('17')) await sleep(20)
    done(await again.restore(first, { base }))
    assert.deepEqual(
      await kept.everything(),
      Object.fromEntries(Object.entries(files(0)).map(([f, c]) => [f, `- ${c}`]))
    )
  })
})
