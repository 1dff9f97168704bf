import assert from 'node:assert/strict'
import { symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, it } from 'vitest'
import { glob } from '../../../tools/coding/glob.ts'
import { tempWorkspace } from '../../support/temp-workspace.ts'

const FILES = {
  'src/b.ts': '',
  'src/a.ts': '',
  'src/deep/c.ts': '',
  'a.js': '',
  '.git/x.ts': '',
  'node_modules/y.ts': ''
}

describe('glob', () => {
  it('finds files by their path, sorted, without .git and node_modules', async () => {
    const { call } = await tempWorkspace(FILES)
    assert.equal(await call(glob, { pattern: '**/*.ts' }), 'src/a.ts\nsrc/b.ts\nsrc/deep/c.ts')
  })

  it('looks from a directory and gives paths as the other tools take them', async () => {
    const { call } = await tempWorkspace(FILES)
    assert.equal(await call(glob, { pattern: '*.ts', path: 'src' }), 'src/a.ts\nsrc/b.ts')
  })

  it('follows no link', async () => {
    const { call, outside, path } = await tempWorkspace({ a: '' })
    await writeFile(join(outside, 'key'), '')
    await symlink(outside, path('out'))
    await symlink('.', path('loop'))
    assert.equal(await call(glob, { pattern: '**' }), 'a\nloop\nout')
  })

  it('says when nothing matches and when it is cut', async () => {
    const { call } = await tempWorkspace(Object.fromEntries(Array.from({ length: 1001 }, (_, i) => [`f${i}`, ''])))
    assert.equal(await call(glob, { pattern: 'x' }), '[no file matches]')
    assert.match(await call(glob, { pattern: '*' }), /\n\[cut after 1000 paths: narrow the pattern\]$/)
  })

  it('refuses a directory outside', async () => {
    const { call } = await tempWorkspace()
    await assert.rejects(call(glob, { pattern: '*', path: '..' }), { code: 'WORKSPACE_ESCAPE' })
  })

  it('stops when the run is over', async () => {
    const { call } = await tempWorkspace(FILES)
    const reason = new Error('cancelled')
    await assert.rejects(call(glob, { pattern: '**' }, AbortSignal.abort(reason)), reason)
  })
})
