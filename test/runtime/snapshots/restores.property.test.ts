import { chmod, lstat, mkdir, rm, symlink, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import fc from 'fast-check'
import { assert, describe, it } from 'vitest'
import { type KeptWorkspace, keptWorkspace } from '../../support/snapshots.ts'

/** Few names, so that files, directories and links come in each other's way. */
const name = fc.constantFrom('a', 'b', 'A', 'd', '\u00e9')
const path = fc.array(name, { minLength: 1, maxLength: 3 }).map((names) => names.join('/'))
const edit = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({ kind: fc.constant('write' as const), path, text: fc.constantFrom('1', '2', '3\r\n') })
  },
  fc.record({ kind: fc.constant('delete' as const), path }),
  fc.record({ kind: fc.constant('link' as const), path, text: fc.constantFrom('a', '..', 'no/where', '/etc') }),
  fc.record({ kind: fc.constant('directory' as const), path }),
  fc.record({ kind: fc.constant('mode' as const), path, mode: fc.constantFrom(0o644, 0o755) })
)
const edits = fc.array(edit, { maxLength: 6 })
type Edit = typeof edit extends fc.Arbitrary<infer T> ? T : never

/** Does what can be done: a directory cannot be where a file is. */
async function make(edit: Edit, { path: at }: KeptWorkspace): Promise<void> {
  const place = at(edit.path)
  if (edit.kind === 'delete') return rm(place, { recursive: true, force: true }).catch(() => {})
  if (edit.kind === 'mode') {
    const stats = await lstat(place).catch(() => undefined)
    return stats?.isFile() ? chmod(place, edit.mode) : undefined
  }
  if (await throughLink(edit.path, at)) return
  await mkdir(dirname(place), { recursive: true }).catch(() => {})
  if (edit.kind === 'directory') await mkdir(place).catch(() => {})
  else {
    await rm(place, { recursive: true, force: true }).catch(() => {})
    await (edit.kind === 'link' ? symlink(edit.text, place) : writeFile(place, edit.text)).catch(() => {})
  }
}

/** These edits stay inside: it is restores that are tested. */
async function throughLink(path: string, at: (name: string) => string): Promise<boolean> {
  const names = path.split('/').slice(0, -1)
  const above = names.map((_, depth) => names.slice(0, depth + 1).join('/'))
  const stats = await Promise.all(above.map((each) => lstat(at(each)).catch(() => undefined)))
  return stats.some((each) => each?.isSymbolicLink())
}

const filesOf = (everything: Record<string, string>) =>
  Object.fromEntries(Object.entries(everything).filter(([path]) => !path.endsWith('/')))

describe('whatever was edited', () => {
  it('a restore brings all files back as they were, and an undo what was there instead', async () => {
    const rounds = fc.array(fc.record({ edits, back: fc.nat(10), undone: fc.boolean() }), {
      minLength: 2,
      maxLength: 5
    })
    await fc.assert(
      fc.asyncProperty(rounds, async (rounds) => {
        const kept = await keptWorkspace({ a: '1', 'd/a': '1' })
        const taken: { id: string; files: Record<string, string> }[] = []
        const take = async () => {
          const { id, skipped } = await kept.snapshots.take()
          assert.deepEqual(skipped, [])
          taken.push({ id, files: filesOf(await kept.everything()) })
          return id
        }
        await take()
        for (const { edits, back, undone } of rounds) {
          for (const each of edits) await make(each, kept)
          const base = await take()
          const before = await kept.everything()
          const to = taken[back % taken.length]!
          const restored = await kept.snapshots.restore(to.id, { base })
          assert.equal(restored.status, 'restored')
          if (restored.status !== 'restored') return
          assert.deepEqual([restored.kept, restored.failed], [[], []])
          assert.deepEqual(filesOf(await kept.everything()), to.files)
          if (!undone) continue
          const back2 = await kept.snapshots.undo(restored.restoreId)
          assert.deepEqual(back2.status === 'restored' && back2.failed, [])
          assert.deepEqual(await kept.everything(), before)
        }
      }),
      { numRuns: 10 }
    )
  }, 120_000)

  it('by a person since the last snapshot is lost by no restore that was not told so', async () => {
    const rounds = fc.record({
      agent: edits,
      person: edits,
      onConflict: fc.constantFrom('stop' as const, 'keep' as const)
    })
    await fc.assert(
      fc.asyncProperty(rounds, async ({ agent, person, onConflict }) => {
        const kept = await keptWorkspace({ a: '1', 'd/a': '1', 'd/d/b': '1' })
        const { id: to } = await kept.snapshots.take()
        for (const each of agent) await make(each, kept)
        const { id: base } = await kept.snapshots.take()
        const known = filesOf(await kept.everything())
        for (const each of person) await make(each, kept)
        const before = await kept.everything()
        const restored = await kept.snapshots.restore(to, { base, onConflict })
        const after = await kept.everything()
        if (restored.status === 'conflicts') return assert.deepEqual(after, before)
        assert.deepEqual(restored.failed, [])
        for (const [path, content] of Object.entries(filesOf(before)))
          if (known[path] !== content) assert.equal(after[path], content, path)
        await kept.snapshots.undo(restored.restoreId)
        assert.deepEqual(await kept.everything(), before)
      }),
      { numRuns: 20 }
    )
  }, 120_000)
})
