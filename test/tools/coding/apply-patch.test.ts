import assert from 'node:assert/strict'
import { chmod, lstat, readdir, readFile, stat, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, it } from 'vitest'
import { applyPatch } from '../../../tools/coding/apply-patch.ts'
import { type TempWorkspace, tempWorkspace } from '../../support/temp-workspace.ts'

const patch = (...lines: string[]) => ({ patch: ['*** Begin Patch', ...lines, '*** End Patch'].join('\n') })
const change = (path: string, from: string, to: string) => [`*** Update File: ${path}`, `-${from}`, `+${to}`]

/** Every file of the workspace, byte by byte, with its mode. */
async function all({ root }: TempWorkspace): Promise<Record<string, string>> {
  const names = await readdir(root, { recursive: true })
  const files = await Promise.all(
    names.sort().map(async (name) => {
      const found = await lstat(join(root, name))
      const bytes = found.isFile() ? (await readFile(join(root, name))).toString('latin1') : ''
      return [name, `${found.mode.toString(8)} ${bytes}`] as const
    })
  )
  return Object.fromEntries(files)
}

describe('apply_patch', () => {
  it('adds, changes, moves and deletes files at once', async () => {
    const { call, root, path } = await tempWorkspace({ a: 'one\ntwo\nthree\n', b: 'b\n', c: 'c\n' })
    const said = await call(
      applyPatch,
      patch(
        '*** Update File: a',
        '@@ one',
        '-two',
        '+2',
        ' three',
        '*** Add File: src/new.ts',
        '+const x = 1',
        '+',
        '*** Delete File: b',
        '*** Update File: c',
        '*** Move to: lib/d',
        '@@',
        '-c',
        '+d'
      )
    )
    assert.equal(said, 'updated a\nadded src/new.ts\ndeleted b\nupdated c, which is lib/d now')
    assert.equal(await readFile(path('a'), 'utf8'), 'one\n2\nthree\n')
    assert.equal(await readFile(path('src/new.ts'), 'utf8'), 'const x = 1\n\n')
    assert.equal(await readFile(path('lib/d'), 'utf8'), 'd\n')
    assert.deepEqual((await readdir(root)).sort(), ['a', 'lib', 'src'])
  })

  it('keeps byte order mark, CRLF, an end without a line ending, and the mode, also of a file that moves', async () => {
    const { call, path } = await tempWorkspace({ a: '\ufeffone\r\ntwo\r\nthree', run: '#!/bin/sh\ngo' })
    await chmod(path('run'), 0o751)
    await call(
      applyPatch,
      patch(...change('a', 'one', '1'), '@@', ' two', '-three', '+3', '+4', ...change('run', 'go', 'stop'))
    )
    assert.equal(await readFile(path('a'), 'utf8'), '\ufeff1\r\ntwo\r\n3\r\n4')
    assert.equal(await readFile(path('run'), 'utf8'), '#!/bin/sh\nstop')
    await call(applyPatch, patch('*** Update File: run', '*** Move to: bin/run'))
    assert.equal((await stat(path('bin/run'))).mode & 0o7777, 0o751)
  })

  it('keeps bytes that are no UTF-8', async () => {
    const latin = Buffer.from('caf\xe9\nol\xe9\nx\n', 'latin1')
    const { call, path } = await tempWorkspace({ a: latin })
    await call(applyPatch, patch(...change('a', 'x', 'ü')))
    assert.deepEqual(await readFile(path('a')), Buffer.concat([latin.subarray(0, -2), Buffer.from('ü\n')]))
  })

  it('keeps a link a link, and changes its target', async () => {
    const { call, path } = await tempWorkspace({ a: 'old\n' })
    await symlink('a', path('link'))
    await call(applyPatch, patch(...change('link', 'old', 'new')))
    assert.ok((await lstat(path('link'))).isSymbolicLink())
    assert.equal(await readFile(path('a'), 'utf8'), 'new\n')
  })

  it('loses neither of two patches at once', async () => {
    const { call, path } = await tempWorkspace({ a: 'a1\na2\n', b: 'b1\nb2\n' })
    await Promise.all([
      call(applyPatch, patch(...change('a', 'a1', 'A1'), ...change('b', 'b1', 'B1'))),
      call(applyPatch, patch(...change('b', 'b2', 'B2'), ...change('a', 'a2', 'A2')))
    ])
    assert.equal(await readFile(path('a'), 'utf8'), 'A1\nA2\n')
    assert.equal(await readFile(path('b'), 'utf8'), 'B1\nB2\n')
  })
})

describe('of a patch that cannot be made whole nothing is made, and it says why', () => {
  for (const [why, lines, error] of [
    ['lines that do not stand there', change('b', 'nine', '9'), /b, change 1: .*"nine"/],
    ['lines that stand there twice', change('twice', 'same', '9'), /twice, change 1: .*at the lines 1, 3/],
    ['a file that is not there', change('none', 'x', 'y'), /none does not exist/],
    ['a new file that is there', ['*** Add File: b', '+x'], /b is there already/],
    ['a file to be deleted that is not there', ['*** Delete File: none'], /none does not exist/],
    ['a new name that somebody has', ['*** Update File: b', '*** Move to: twice'], /twice is there already/],
    ['a file that is named twice', change('a', 'one', '2'), /names a twice/],
    ['a path out of the workspace', ['*** Add File: ../app-secrets/x', '+x'], /leads out of the workspace/],
    ['a line that says nothing', ['*** Update File: b', '?what'], /line 6 of the patch/],
    // Found only when the first files are in their places: `d` is to be a file and a directory.
    ['a rename that fails', ['*** Add File: d', '+x', '*** Add File: d/e', '+y'], /./]
  ] as const)
    it(`as with ${why}`, async () => {
      const space = await tempWorkspace({ a: 'one\n', b: 'two\n', twice: 'same\nx\nsame\n' })
      await chmod(space.path('a'), 0o755)
      await writeFile(join(space.outside, 'key'), 'secret')
      const before = await all(space)
      await assert.rejects(space.call(applyPatch, patch(...change('a', 'one', '1'), ...lines)), error)
      assert.deepEqual(await all(space), before)
      assert.deepEqual(await readdir(space.outside), ['key'])
    })
})
