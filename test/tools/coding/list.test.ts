import assert from 'node:assert/strict'
import { mkdir, symlink } from 'node:fs/promises'
import { describe, it } from 'vitest'
import { list } from '../../../tools/coding/list.ts'
import { tempWorkspace } from '../../support/temp-workspace.ts'

const FILES = { 'b.ts': '', 'a/deep/x': '', 'a/y': '', '.git/HEAD': '', 'node_modules/z/index.js': '' }

describe('list', () => {
  it('shows one level, sorted', async () => {
    const { call } = await tempWorkspace(FILES)
    assert.equal(await call(list, {}), '.git/ [not entered]\na/\nb.ts\nnode_modules/ [not entered]')
  })

  it('shows more levels as a tree', async () => {
    const { call } = await tempWorkspace(FILES)
    const tree = '.git/ [not entered]\na/\n  deep/\n    x\n  y\nb.ts\nnode_modules/ [not entered]'
    assert.equal(await call(list, { depth: 3 }), tree)
  })

  it('shows a directory below', async () => {
    const { call } = await tempWorkspace(FILES)
    assert.equal(await call(list, { path: 'a' }), 'deep/\ny')
  })

  it('shows where a link leads and does not follow it', async () => {
    const { call, path } = await tempWorkspace({ 'a/b': '' })
    await symlink('..', path('a/up'))
    await symlink('/etc', path('out'))
    assert.equal(await call(list, { depth: 9 }), 'a/\n  b\n  up -> ..\nout -> /etc')
  })

  it('says when it is cut', async () => {
    const { call } = await tempWorkspace(Object.fromEntries(Array.from({ length: 1001 }, (_, i) => [`f${i}`, ''])))
    const lines = (await call(list, {})).split('\n')
    assert.equal(lines.length, 1001)
    assert.equal(lines.at(-1), '[cut after 1000 entries]')
  })

  it('says when there is nothing', async () => {
    const { call, path } = await tempWorkspace()
    await mkdir(path('empty'))
    assert.equal(await call(list, { path: 'empty' }), '[empty directory]')
  })

  it('refuses a file, what does not exist, and what lies outside', async () => {
    const { call, outside, path } = await tempWorkspace(FILES)
    await symlink(outside, path('out'))
    await assert.rejects(call(list, { path: 'b.ts' }), { code: 'TOOL_FAILED', message: 'b.ts is not a directory' })
    await assert.rejects(call(list, { path: 'c' }), { code: 'TOOL_FAILED', message: 'c does not exist' })
    for (const one of ['..', outside, 'out'])
      await assert.rejects(call(list, { path: one }), { code: 'WORKSPACE_ESCAPE' })
  })
})
