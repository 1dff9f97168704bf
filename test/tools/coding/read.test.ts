import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, it } from 'vitest'
import { read } from '../../../tools/coding/read.ts'
import { callTool, tempWorkspace } from '../../support/temp-workspace.ts'

describe('read', () => {
  it('numbers the lines', async () => {
    const { call } = await tempWorkspace({ 'a.txt': 'one\ntwo\n' })
    assert.equal(await call(read, { path: 'a.txt' }), '     1\tone\n     2\ttwo')
  })

  it('shows lines without their line ending and without a byte order mark', async () => {
    const { call } = await tempWorkspace({ 'a.txt': '\ufeffone\r\ntwo' })
    assert.equal(await call(read, { path: 'a.txt' }), '     1\tone\n     2\ttwo')
  })

  it('reads a part and says where to read on', async () => {
    const { call } = await tempWorkspace({ 'a.txt': 'a\nb\nc\nd\n' })
    const part = await call(read, { path: 'a.txt', offset: 2, limit: 2 })
    assert.equal(part, '     2\tb\n     3\tc\n[lines 2 to 3 of 4; read on with offset 4]')
  })

  it('reads 2000 lines where no limit is given', async () => {
    const { call } = await tempWorkspace({ 'a.txt': 'x\n'.repeat(2001) })
    const lines = (await call(read, { path: 'a.txt' })).split('\n')
    assert.equal(lines.at(-1), '[lines 1 to 2000 of 2001; read on with offset 2001]')
  })

  it('says when there is nothing', async () => {
    const { call } = await tempWorkspace({ empty: '', 'a.txt': 'a\n' })
    assert.equal(await call(read, { path: 'empty' }), '[empty file]')
    assert.equal(await call(read, { path: 'a.txt', offset: 9 }), '[no line 9: the file has 1]')
  })

  it('cuts a very long line between characters', async () => {
    const { call } = await tempWorkspace({ 'a.txt': `x${'😀'.repeat(2000)}` })
    const line = await call(read, { path: 'a.txt' })
    assert.match(line, /^ {5}1\tx(😀)+… \[line of 4001 characters\]$/u)
    assert.ok(line.length < 2100)
  })

  it('shows the replacement character for bytes that are no UTF-8', async () => {
    const { call } = await tempWorkspace({ latin: Buffer.from('caf\xe9', 'latin1') })
    assert.equal(await call(read, { path: 'latin' }), '     1\tcaf\ufffd')
  })

  it('follows a link inside the workspace', async () => {
    const { call, path } = await tempWorkspace({ 'a.txt': 'a' })
    await symlink('a.txt', path('link'))
    assert.equal(await call(read, { path: 'link' }), '     1\ta')
  })
})

describe('read refuses', () => {
  it('a binary file', async () => {
    const { call } = await tempWorkspace({ 'a.bin': Buffer.from([1, 0, 2]) })
    await assert.rejects(call(read, { path: 'a.bin' }), { code: 'TOOL_FAILED', message: /a\.bin is a binary file/ })
  })

  it('a directory, with a hint', async () => {
    const { call } = await tempWorkspace({ 'src/a.ts': '' })
    await assert.rejects(call(read, { path: 'src' }), { code: 'TOOL_FAILED', message: /directory: use `list`/ })
  })

  it('what does not exist', async () => {
    const { call } = await tempWorkspace({ 'a.txt': '' })
    await assert.rejects(call(read, { path: 'b.txt' }), { code: 'TOOL_FAILED', message: 'b.txt does not exist' })
    await assert.rejects(call(read, { path: 'a.txt/b' }), { code: 'TOOL_FAILED', message: 'a.txt/b does not exist' })
  })

  it('a file that is too large', async () => {
    const { call } = await tempWorkspace({ huge: Buffer.alloc(11 * 1024 * 1024, 'x') })
    await assert.rejects(call(read, { path: 'huge' }), { code: 'TOOL_FAILED', message: /use `search` or `shell`/ })
  })

  it('a pipe, without waiting for a writer', async () => {
    const { call, path } = await tempWorkspace()
    execFileSync('mkfifo', [path('pipe')])
    await assert.rejects(call(read, { path: 'pipe' }), { code: 'TOOL_FAILED', message: /not a regular file/ })
  })

  it('a file outside', async () => {
    const { call, outside, path } = await tempWorkspace()
    await writeFile(join(outside, 'key'), 'secret')
    await symlink(join(outside, 'key'), path('link'))
    for (const one of ['../app-secrets/key', join(outside, 'key'), 'link'])
      await assert.rejects(call(read, { path: one }), { code: 'WORKSPACE_ESCAPE' })
  })

  it('to work without a workspace', async () => {
    const given = { workspace: undefined, signal: new AbortController().signal, progress: () => {} }
    await assert.rejects(callTool(read, { path: 'a' }, given), { code: 'WORKSPACE_MISSING' })
  })
})
