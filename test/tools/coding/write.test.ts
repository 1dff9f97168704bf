import assert from 'node:assert/strict'
import { chmod, lstat, readdir, readFile, stat, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, it } from 'vitest'
import { write } from '../../../tools/coding/write.ts'
import { tempWorkspace } from '../../support/temp-workspace.ts'

describe('write', () => {
  it('makes a file with the directories above it', async () => {
    const { call, path } = await tempWorkspace()
    assert.equal(await call(write, { path: 'src/deep/a.ts', content: 'é\n' }), 'wrote src/deep/a.ts (3 bytes)')
    assert.equal(await readFile(path('src/deep/a.ts'), 'utf8'), 'é\n')
  })

  it('replaces the content and keeps the mode bits', async () => {
    const { call, path } = await tempWorkspace({ 'run.sh': 'old' })
    await chmod(path('run.sh'), 0o755)
    await call(write, { path: 'run.sh', content: 'new' })
    assert.equal(await readFile(path('run.sh'), 'utf8'), 'new')
    assert.equal((await stat(path('run.sh'))).mode & 0o777, 0o755)
  })

  it('writes through a link inside and keeps it a link', async () => {
    const { call, path } = await tempWorkspace({ a: 'old' })
    await symlink('a', path('link'))
    await symlink('later/b', path('dangling'))
    await call(write, { path: 'link', content: 'new' })
    await call(write, { path: 'dangling', content: 'made' })
    assert.equal(await readFile(path('a'), 'utf8'), 'new')
    assert.equal(await readFile(path('later/b'), 'utf8'), 'made')
    assert.ok((await lstat(path('link'))).isSymbolicLink())
    assert.ok((await lstat(path('dangling'))).isSymbolicLink())
  })

  it('refuses a directory', async () => {
    const { call, path } = await tempWorkspace({ 'src/a': 'a' })
    await assert.rejects(call(write, { path: 'src', content: '' }), { code: 'TOOL_FAILED', message: /is a directory/ })
    assert.deepEqual(await readdir(path('src')), ['a'])
  })

  it('refuses a file as a directory above and leaves it as it was', async () => {
    const { call, path } = await tempWorkspace({ a: 'a' })
    await assert.rejects(call(write, { path: 'a/b/c', content: '' }), { code: 'TOOL_FAILED', message: /above a\/b\/c/ })
    assert.equal(await readFile(path('a'), 'utf8'), 'a')
  })

  it('writes nothing outside', async () => {
    const { call, outside, path } = await tempWorkspace()
    await writeFile(join(outside, 'key'), 'secret')
    await symlink(outside, path('dir'))
    await symlink(join(outside, 'new'), path('dangling'))
    for (const one of ['../app-secrets/key', join(outside, 'key'), 'dir/key', 'dir/new', 'dangling'])
      await assert.rejects(call(write, { path: one, content: 'x' }), { code: 'WORKSPACE_ESCAPE' }, one)
    assert.deepEqual(await readdir(outside), ['key'])
    assert.equal(await readFile(join(outside, 'key'), 'utf8'), 'secret')
  })

  it('does nothing when the run is over', async () => {
    const { root, call } = await tempWorkspace()
    const reason = new Error('cancelled')
    await assert.rejects(call(write, { path: 'a', content: '' }, AbortSignal.abort(reason)), reason)
    assert.deepEqual(await readdir(root), [])
  })
})
