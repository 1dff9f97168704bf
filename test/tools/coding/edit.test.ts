import assert from 'node:assert/strict'
import { chmod, lstat, readdir, readFile, stat, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, it } from 'vitest'
import { edit } from '../../../tools/coding/edit.ts'
import { tempWorkspace } from '../../support/temp-workspace.ts'

describe('edit', () => {
  it('replaces the one place', async () => {
    const { call, path } = await tempWorkspace({ a: 'let x = 1\nlet y = 2\n' })
    assert.equal(await call(edit, { path: 'a', old: 'y = 2', new: 'y = $& $1' }), 'edited a (1 place)')
    assert.equal(await readFile(path('a'), 'utf8'), 'let x = 1\nlet y = $& $1\n')
  })

  it('replaces every place when told to', async () => {
    const { call, path } = await tempWorkspace({ a: 'x x x' })
    assert.equal(await call(edit, { path: 'a', old: 'x', new: 'y', all: true }), 'edited a (3 places)')
    assert.equal(await readFile(path('a'), 'utf8'), 'y y y')
  })

  it('takes text away', async () => {
    const { call, path } = await tempWorkspace({ a: 'one two' })
    await call(edit, { path: 'a', old: ' two', new: '' })
    assert.equal(await readFile(path('a'), 'utf8'), 'one')
  })

  it('changes no file outside', async () => {
    const { call, outside, path } = await tempWorkspace()
    await writeFile(join(outside, 'key'), 'secret')
    await symlink(join(outside, 'key'), path('link'))
    for (const one of ['../app-secrets/key', 'link'])
      await assert.rejects(call(edit, { path: one, old: 'secret', new: 'x' }), { code: 'WORKSPACE_ESCAPE' })
    assert.equal(await readFile(join(outside, 'key'), 'utf8'), 'secret')
  })

  it('loses neither of two edits at once', async () => {
    const { call, path } = await tempWorkspace({ a: Array.from({ length: 20 }, (_, i) => `<${i}>`).join('') })
    await Promise.all(Array.from({ length: 20 }, (_, i) => call(edit, { path: 'a', old: `<${i}>`, new: `[${i}]` })))
    assert.equal(await readFile(path('a'), 'utf8'), Array.from({ length: 20 }, (_, i) => `[${i}]`).join(''))
  })
})

describe('edit keeps', () => {
  it('the mode bits', async () => {
    const { call, path } = await tempWorkspace({ a: 'old' })
    await chmod(path('a'), 0o751)
    await call(edit, { path: 'a', old: 'old', new: 'new' })
    assert.equal((await stat(path('a'))).mode & 0o7777, 0o751)
  })

  it('a link a link, and changes its target', async () => {
    const { call, path } = await tempWorkspace({ a: 'old' })
    await symlink('a', path('link'))
    await call(edit, { path: 'link', old: 'old', new: 'new' })
    assert.ok((await lstat(path('link'))).isSymbolicLink())
    assert.equal(await readFile(path('a'), 'utf8'), 'new')
  })

  it('the byte order mark, CRLF, and the end without a line ending', async () => {
    const { call, path } = await tempWorkspace({ a: '\ufeffone\r\ntwo\r\nthree' })
    await call(edit, { path: 'a', old: 'one\ntwo', new: 'a\nb\nc' })
    assert.equal(await readFile(path('a'), 'utf8'), '\ufeffa\r\nb\r\nc\r\nthree')
  })

  it('bytes that are no UTF-8', async () => {
    const { call, path } = await tempWorkspace({ a: Buffer.from([0xff, 0x41, 0xc3, 0x28, 0xe9]) })
    await call(edit, { path: 'a', old: 'A', new: 'é' })
    assert.deepEqual(await readFile(path('a')), Buffer.from([0xff, 0xc3, 0xa9, 0xc3, 0x28, 0xe9]))
  })

  it('the file when the edit is made a second time', async () => {
    const { call, path } = await tempWorkspace({ a: 'import a\n' })
    const again = { path: 'a', old: 'import a\n', new: 'import a\nimport b\n' }
    await call(edit, again)
    assert.match(await call(edit, again), /has the new text there already/)
    assert.equal(await readFile(path('a'), 'utf8'), 'import a\nimport b\n')
  })
})

describe('edit leaves the file byte-identical', () => {
  const text = '\ufeffone\r\ntwo\r\none'

  async function fails(args: Record<string, unknown>, error: { code: string; message: RegExp }) {
    const { root, call, path } = await tempWorkspace({ a: text })
    await assert.rejects(call(edit, { path: 'a', ...args }), error)
    assert.equal(await readFile(path('a'), 'utf8'), text)
    assert.deepEqual(await readdir(root), ['a'])
  }

  it('where the old text is not in it', () =>
    fails({ old: 'three', new: 'x' }, { code: 'TOOL_FAILED', message: /not in it/ }))

  it('where the old text is in it several times', () =>
    fails({ old: 'one', new: 'x' }, { code: 'TOOL_FAILED', message: /in it 2 times/ }))

  it('where only the new text is in it', () =>
    fails({ old: 'three', new: 'two' }, { code: 'TOOL_FAILED', message: /may have been made before/ }))

  it('where nothing would change', () =>
    fails({ old: 'two', new: 'two' }, { code: 'BAD_ARGUMENTS', message: /the same/ }))

  it('where it is binary', async () => {
    const bytes = Buffer.from('a\0b')
    const { call, path } = await tempWorkspace({ a: bytes })
    await assert.rejects(call(edit, { path: 'a', old: 'a', new: 'x' }), { code: 'TOOL_FAILED', message: /binary/ })
    assert.deepEqual(await readFile(path('a')), bytes)
  })

  it('where the run is over', async () => {
    const { call, path } = await tempWorkspace({ a: 'old' })
    const reason = new Error('cancelled')
    await assert.rejects(call(edit, { path: 'a', old: 'old', new: 'new' }, AbortSignal.abort(reason)), reason)
    assert.equal(await readFile(path('a'), 'utf8'), 'old')
  })
})
