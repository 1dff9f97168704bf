import assert from 'node:assert/strict'
import { chmod, readdir, readFile, stat } from 'node:fs/promises'
import { describe, it } from 'vitest'
import { multiEdit } from '../../../tools/coding/multi-edit.ts'
import { tempWorkspace } from '../../support/temp-workspace.ts'

describe('multi_edit', () => {
  it('makes one edit after the other, each in what those before it left', async () => {
    const { call, path } = await tempWorkspace({ a: '\ufeffone\r\ntwo\r\ntwo' })
    await chmod(path('a'), 0o755)
    const edits = [
      { old: 'one\n', new: 'ONE\nand\n' },
      { old: 'ONE\nand', new: '1' },
      { old: 'two', new: '2', all: true }
    ]
    assert.equal(await call(multiEdit, { path: 'a', edits }), 'edited a (3 edits)')
    assert.equal(await readFile(path('a'), 'utf8'), '\ufeff1\r\n2\r\n2')
    assert.equal((await stat(path('a'))).mode & 0o777, 0o755)
  })

  it('makes none where one cannot be made, and says which', async () => {
    const { call, path, root } = await tempWorkspace({ a: 'one two two' })
    for (const [second, error] of [
      [{ old: 'three', new: '3' }, /edit 2 of 2: `old` is not in it/],
      [{ old: 'two', new: '2' }, /edit 2 of 2: `old` is in it 2 times/],
      [{ old: 'two', new: 'two' }, /edit 2 of 2: `old` and `new` are the same/]
    ] as const)
      await assert.rejects(call(multiEdit, { path: 'a', edits: [{ old: 'one', new: '1' }, second] }), error)
    assert.equal(await readFile(path('a'), 'utf8'), 'one two two')
    assert.deepEqual(await readdir(root), ['a'])
  })
})
