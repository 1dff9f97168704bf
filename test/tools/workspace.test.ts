import assert from 'node:assert/strict'
import { mkdir, symlink, writeFile } from 'node:fs/promises'
import { dirname, join, relative } from 'node:path'
import fc from 'fast-check'
import { describe, it } from 'vitest'
import { inWorkspace, openWorkspace, workspaceOf } from '../../tools/workspace.ts'
import { tempWorkspace } from '../support/temp-workspace.ts'

const escapes = { code: 'WORKSPACE_ESCAPE' }

describe('openWorkspace', () => {
  it('gives the real path of a directory', async () => {
    const { root, outside } = await tempWorkspace()
    await symlink(root, join(outside, 'link'))
    assert.equal(await openWorkspace(join(outside, 'link')), root)
  })

  it('refuses what does not exist', async () => {
    const { path } = await tempWorkspace()
    await assert.rejects(openWorkspace(path('nowhere')), { code: 'WORKSPACE_MISSING', message: /nowhere/ })
  })

  it('refuses a file', async () => {
    const { path } = await tempWorkspace({ 'a.txt': '' })
    await assert.rejects(openWorkspace(path('a.txt')), { code: 'WORKSPACE_MISSING' })
  })
})

describe('workspaceOf', () => {
  it('says how to give a workspace where there is none', () => {
    assert.throws(() => workspaceOf({ workspace: undefined }), { code: 'WORKSPACE_MISSING', message: /as `workspace`/ })
  })
})

describe('a path inside', () => {
  it('is resolved from the workspace', async () => {
    const { root, path } = await tempWorkspace({ 'src/a.ts': '' })
    assert.equal(await inWorkspace(root, 'src/a.ts'), path('src/a.ts'))
  })

  it('may be absolute', async () => {
    const { root, path } = await tempWorkspace({ 'src/a.ts': '' })
    assert.equal(await inWorkspace(root, path('src/a.ts')), path('src/a.ts'))
  })

  it('may be the workspace itself', async () => {
    const { root } = await tempWorkspace()
    assert.equal(await inWorkspace(root, '.'), root)
  })

  it('need not exist yet', async () => {
    const { root, path } = await tempWorkspace()
    assert.equal(await inWorkspace(root, 'new/deep/a.ts'), path('new/deep/a.ts'))
  })

  it('may have a name that begins with two dots', async () => {
    const { root, path } = await tempWorkspace({ '..a': '' })
    assert.equal(await inWorkspace(root, '..a'), path('..a'))
  })

  it('may go up as long as it stays inside', async () => {
    const { root, path } = await tempWorkspace({ 'a/b': '' })
    assert.equal(await inWorkspace(root, 'a/../a/b'), path('a/b'))
  })

  it('takes ~ and $HOME for names', async () => {
    const { root, path } = await tempWorkspace()
    assert.equal(await inWorkspace(root, '~/a'), path('~/a'))
    assert.equal(await inWorkspace(root, '$HOME/a'), path('$HOME/a'))
  })

  it('is the target of a link that stays inside', async () => {
    const { root, path } = await tempWorkspace({ 'a.txt': '' })
    await symlink('a.txt', path('link'))
    assert.equal(await inWorkspace(root, 'link'), path('a.txt'))
  })

  it('is the coming target of a dangling link that stays inside', async () => {
    const { root, path } = await tempWorkspace()
    await symlink('later/a.txt', path('link'))
    assert.equal(await inWorkspace(root, 'link'), path('later/a.txt'))
  })

  it('is found in a workspace that is itself given through a link', async () => {
    const { root, outside, path } = await tempWorkspace({ 'a.txt': '' })
    await symlink(root, join(outside, 'ws'))
    assert.equal(await inWorkspace(join(outside, 'ws'), join(outside, 'ws', 'a.txt')), path('a.txt'))
  })
})

describe('a path that leads out is refused', () => {
  it('by ..', async () => {
    const { root } = await tempWorkspace()
    for (const path of ['..', '../x', 'a/../../x', './../app-secrets'])
      await assert.rejects(inWorkspace(root, path), escapes, path)
  })

  it('by an absolute path', async () => {
    const { root } = await tempWorkspace()
    for (const path of ['/', '/etc/passwd', dirname(root)]) await assert.rejects(inWorkspace(root, path), escapes, path)
  })

  it('in a directory whose name only begins like the workspace', async () => {
    const { root, outside } = await tempWorkspace()
    assert.ok(outside.startsWith(root))
    await assert.rejects(inWorkspace(root, join(outside, 'key')), escapes)
  })

  it('through a linked directory', async () => {
    const { root, outside, path } = await tempWorkspace()
    await writeFile(join(outside, 'key'), 'x')
    await symlink(outside, path('dir'))
    for (const one of ['dir', 'dir/key', 'dir/new/deep']) await assert.rejects(inWorkspace(root, one), escapes, one)
  })

  it('through a linked file', async () => {
    const { root, outside, path } = await tempWorkspace()
    await writeFile(join(outside, 'key'), 'x')
    await symlink('../app-secrets/key', path('file'))
    await assert.rejects(inWorkspace(root, 'file'), escapes)
  })

  it('through a dangling link', async () => {
    const { root, outside, path } = await tempWorkspace()
    await symlink(join(outside, 'not-yet'), path('dangling'))
    await symlink('dangling', path('twice'))
    for (const one of ['dangling', 'dangling/below', 'twice'])
      await assert.rejects(inWorkspace(root, one), escapes, one)
  })

  it('through a dangling link that goes up behind a linked directory', async () => {
    const { root, outside, path } = await tempWorkspace({ 'a/b/c': '' })
    await symlink(outside, path('a/out'))
    await symlink('a/out/not-yet', path('dangling'))
    await assert.rejects(inWorkspace(root, 'dangling'), escapes)
  })

  it('naming the path', async () => {
    const { root } = await tempWorkspace()
    await assert.rejects(inWorkspace(root, '../x'), { ...escapes, message: /"\.\.\/x" leads out/ })
  })
})

describe('a path that cannot be followed is refused', () => {
  it('with a NUL byte', async () => {
    const { root } = await tempWorkspace()
    await assert.rejects(inWorkspace(root, 'a\0b'), escapes)
  })

  it('with links in a circle', async () => {
    const { root, path } = await tempWorkspace()
    await symlink('b', path('a'))
    await symlink('a', path('b'))
    await assert.rejects(inWorkspace(root, 'a'), escapes)
  })

  it('with a link to itself by way of a directory that does not exist', async () => {
    const { root, path } = await tempWorkspace()
    await symlink('nowhere/../a', path('a'))
    await assert.rejects(inWorkspace(root, 'a'), escapes)
  })

  it('with a name that is too long', async () => {
    const { root } = await tempWorkspace()
    await assert.rejects(inWorkspace(root, 'x'.repeat(5000)), escapes)
  })
})

it('no path at all resolves outside', async () => {
  const { root, outside, path } = await tempWorkspace({ 'a/b/file': '' })
  await mkdir(join(outside, 'below'))
  await symlink(outside, path('out'))
  await symlink('../../../app-secrets', path('a/b/up'))
  await symlink('a', path('in'))
  await symlink('out/nothing', path('dangling'))
  await symlink('in/b/later', path('later'))
  const names = [
    '..',
    '.',
    '',
    'a',
    'b',
    'file',
    'out',
    'up',
    'in',
    'dangling',
    'later',
    'below',
    'app',
    'app-secrets',
    '~'
  ]
  const name = fc.oneof({ weight: 9, arbitrary: fc.constantFrom(...names) }, fc.string({ maxLength: 4 }))
  const start = fc.constantFrom('', '/', `${root}/`, `${outside}/`, `${root}-secrets/`, './')
  await fc.assert(
    fc.asyncProperty(start, fc.array(name, { maxLength: 8 }), async (prefix, parts) => {
      const real = await inWorkspace(root, prefix + parts.join('/')).catch((error: unknown) => {
        assert.equal((error as { code: string }).code, 'WORKSPACE_ESCAPE')
        return root
      })
      const [first] = relative(root, real).split('/')
      assert.notEqual(first, '..', real)
      assert.ok(!real.split('/').includes('..'), real)
    }),
    { numRuns: 500 }
  )
})
