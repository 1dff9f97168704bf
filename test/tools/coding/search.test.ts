import assert from 'node:assert/strict'
import { symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, it } from 'vitest'
import { search } from '../../../tools/coding/search.ts'
import { tempWorkspace } from '../../support/temp-workspace.ts'

describe('search', () => {
  it('finds lines by a regular expression', async () => {
    const { call } = await tempWorkspace({ 'b.ts': 'let x\r\nconst y\r\n', 'a/c.ts': '\nconst z' })
    assert.equal(await call(search, { pattern: '^const \\w$' }), 'a/c.ts:2: const z\nb.ts:2: const y')
  })

  it('finds plain text', async () => {
    const { call } = await tempWorkspace({ a: 'f(x)\nfx' })
    assert.equal(await call(search, { pattern: 'f(x)', literal: true }), 'a:1: f(x)')
  })

  it('looks in a directory or a file, and gives paths as the other tools take them', async () => {
    const { call } = await tempWorkspace({ 'a/x': 'hit', 'b/x': 'hit', 'b/y': 'hit' })
    assert.equal(await call(search, { pattern: 'hit', path: 'b' }), 'b/x:1: hit\nb/y:1: hit')
    assert.equal(await call(search, { pattern: 'hit', path: 'b/y' }), 'b/y:1: hit')
  })

  it('looks only in files that the glob means, by name or by path', async () => {
    const { call } = await tempWorkspace({ 'a.ts': 'hit', 'src/b.ts': 'hit', 'src/c.js': 'hit' })
    assert.equal(await call(search, { pattern: 'hit', glob: '*.ts' }), 'a.ts:1: hit\nsrc/b.ts:1: hit')
    assert.equal(await call(search, { pattern: 'hit', glob: 'src/*' }), 'src/b.ts:1: hit\nsrc/c.js:1: hit')
  })

  it('leaves out .git, node_modules, binary files and links', async () => {
    const { call, outside, path } = await tempWorkspace({
      '.git/a': 'hit',
      'node_modules/a': 'hit',
      'deep/node_modules/a': 'hit',
      binary: 'hit\0',
      text: 'hit'
    })
    await writeFile(join(outside, 'key'), 'hit')
    await symlink(outside, path('out'))
    await symlink(join(outside, 'key'), path('link'))
    assert.equal(await call(search, { pattern: 'hit' }), 'text:1: hit')
  })

  it('leaves out large files and says so', async () => {
    const { call } = await tempWorkspace({ large: `hit${'x'.repeat(2 * 1024 * 1024)}`, a: 'hit' })
    assert.equal(await call(search, { pattern: 'hit' }), 'a:1: hit\n[files left out, over 2 MB: 1]')
  })

  it('says when it is cut', async () => {
    const { call } = await tempWorkspace({ a: 'hit\n'.repeat(150), b: 'hit\n'.repeat(150), c: 'hit\n' })
    const lines = (await call(search, { pattern: 'hit' })).split('\n')
    assert.equal(lines.length, 201)
    assert.equal(lines.at(-1), '[cut after 200 matches: narrow the pattern, path or glob]')
  })

  it('does not say so when it found just as many', async () => {
    const { call } = await tempWorkspace({ a: 'hit\n'.repeat(200) })
    assert.equal((await call(search, { pattern: 'hit' })).split('\n').at(-1), 'a:200: hit')
  })

  it('shows the part of a long line that matches', async () => {
    const { call } = await tempWorkspace({ a: `${'-'.repeat(5000)}hit${'-'.repeat(5000)}` })
    const line = await call(search, { pattern: 'hit' })
    assert.match(line, /^a:1: …-+hit-+… \[line of 10003 characters\]$/)
    assert.ok(line.length < 500)
  })

  it('says when nothing matches', async () => {
    const { call } = await tempWorkspace({ a: '' })
    assert.equal(await call(search, { pattern: '^$' }), '[no match]')
  })

  it('refuses what is no regular expression', async () => {
    const { call } = await tempWorkspace({ a: '' })
    await assert.rejects(call(search, { pattern: '(' }), { code: 'BAD_ARGUMENTS', message: /\/\(\/.*set `literal`/ })
  })

  it('gives up on a pattern that backtracks without end', async () => {
    const { call } = await tempWorkspace({ 'a.ts': `${'a'.repeat(60)}b` })
    await assert.rejects(call(search, { pattern: '^(a+)+$' }), {
      code: 'BAD_ARGUMENTS',
      message: /does not come to an end on a\.ts/
    })
  })

  it('refuses what lies outside or does not exist', async () => {
    const { call, outside } = await tempWorkspace()
    await assert.rejects(call(search, { pattern: 'x', path: outside }), { code: 'WORKSPACE_ESCAPE' })
    await assert.rejects(call(search, { pattern: 'x', path: 'no' }), {
      code: 'TOOL_FAILED',
      message: 'no does not exist'
    })
  })

  it('stops when the run is over', async () => {
    const { call } = await tempWorkspace({ a: 'x' })
    const reason = new Error('cancelled')
    await assert.rejects(call(search, { pattern: 'x' }, AbortSignal.abort(reason)), reason)
  })
})
