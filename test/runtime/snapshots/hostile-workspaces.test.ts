import { execFile } from 'node:child_process'
import { chmod, mkdir, readdir, readFile, rename, rm, stat, symlink, utimes, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { assert, describe, it, onTestFinished } from 'vitest'
import { apply } from '../../../runtime/snapshots/apply.ts'
import { bytesOf, textOf } from '../../../runtime/snapshots/path-text.ts'
import { openSnapshots } from '../../../runtime/snapshots/snapshots.ts'
import { contentOf, walk } from '../../../runtime/snapshots/walk.ts'
import { refused } from '../../support/refused.ts'
import { everythingIn, git, type KeptWorkspace, keptWorkspace } from '../../support/snapshots.ts'
import { tempDir } from '../../support/temp-dir.ts'
import { withoutRoot } from '../../support/without-root.ts'

/** Takes a snapshot, lets the work be done, goes back, and undoes that: the files follow. Gives what was skipped. */
async function thereAndBack(kept: KeptWorkspace, work: () => Promise<unknown>): Promise<string[][]> {
  const { snapshots } = kept
  const then = await kept.everything()
  const { id: to, skipped } = await snapshots.take()
  await work()
  const later = await kept.everything()
  const { id: base } = await snapshots.take()
  assert.notEqual(base, to, 'the work has changed nothing')
  const restored = await snapshots.restore(to, { base })
  assert.equal(restored.status, 'restored')
  if (restored.status !== 'restored') return []
  assert.deepEqual(restored.failed, [])
  assert.deepEqual(await kept.everything(), then)
  const undone = await snapshots.undo(restored.restoreId)
  assert.equal(undone.status, 'restored')
  assert.deepEqual(await kept.everything(), later)
  return skipped.map(({ path, why }) => [path, why])
}

describe('a repository of the person', () => {
  it('is neither read nor written, and its files are kept', async () => {
    const kept = await keptWorkspace({ 'a.txt': 'a', '.gitignore': '*.log\n', 'out.log': 'ignored by git, not by us' })
    await git(kept.root, 'init', '-q')
    await git(kept.root, 'add', '.')
    await git(kept.root, 'commit', '-qm', 'one')
    const before = await everythingIn(kept.path('.git'))
    assert.deepEqual(await thereAndBack(kept, () => kept.write({ 'a.txt': 'A', 'out.log': null, 'b.txt': 'b' })), [
      ['.git', 'git']
    ])
    assert.deepEqual(await everythingIn(kept.path('.git')), before)
  })

  it('may be locked, on a branch, in the middle of a merge', async () => {
    const kept = await keptWorkspace({ 'a.txt': 'a' })
    await git(kept.root, 'init', '-q')
    await kept.write({
      '.git/index.lock': '',
      '.git/HEAD.lock': '',
      '.git/MERGE_HEAD': 'nonsense',
      '.git/index': 'none'
    })
    await thereAndBack(kept, () => kept.write({ 'a.txt': 'A' }))
  })

  it('may have others nested in it, with and without commits', async () => {
    const kept = await keptWorkspace({ 'a.txt': 'a', 'full/b.txt': 'b', 'bare-start/c.txt': 'c' })
    for (const at of ['.', 'full', 'bare-start']) await git(kept.path(at), 'init', '-q')
    await git(kept.path('full'), 'add', '.')
    await git(kept.path('full'), 'commit', '-qm', 'one')
    const skipped = await thereAndBack(kept, () => kept.write({ 'full/b.txt': 'B', 'bare-start/c.txt': null }))
    assert.deepEqual(skipped, [
      ['.git', 'git'],
      ['bare-start/.git', 'git'],
      ['full/.git', 'git']
    ])
  })

  it('may have submodules and worktrees', async () => {
    const other = await keptWorkspace({ 'lib.txt': 'lib' })
    await git(other.root, 'init', '-q')
    await git(other.root, 'add', '.')
    await git(other.root, 'commit', '-qm', 'one')
    const kept = await keptWorkspace({ 'a.txt': 'a' })
    await git(kept.root, 'init', '-q')
    await git(kept.root, 'submodule', '--quiet', 'add', other.root, 'vendor/lib')
    await git(kept.root, 'commit', '-qm', 'one')
    await git(kept.root, 'worktree', 'add', '-q', 'tree', '-b', 'other')
    await thereAndBack(kept, () =>
      kept.write({ 'vendor/lib/lib.txt': 'LIB', 'tree/.gitmodules': null, 'tree/b.txt': 'b' })
    )
    assert.equal((await git(kept.path('tree'), 'rev-parse', '--abbrev-ref', 'HEAD')).trim(), 'other')
  })

  it('may be one of which the workspace is a worktree', async () => {
    const main = await keptWorkspace({ 'a.txt': 'a' })
    await git(main.root, 'init', '-q')
    await git(main.root, 'add', '.')
    await git(main.root, 'commit', '-qm', 'one')
    const tree = join(main.directory, '..', 'tree')
    await git(main.root, 'worktree', 'add', '-q', tree, '-b', 'other')
    const snapshots = await openSnapshots(tree, { directory: main.directory })
    const kept = { ...main, root: tree, snapshots, everything: () => everythingIn(tree) }
    await thereAndBack(kept, () => writeFile(join(tree, 'a.txt'), 'A'))
    assert.equal((await git(tree, 'status', '--short')).trim(), 'M a.txt')
  })

  it('may be a bare one that is the workspace itself', async () => {
    const kept = await keptWorkspace()
    await git(kept.root, 'init', '-q', '--bare', '.')
    await thereAndBack(kept, () =>
      kept.write({ config: '[core]\n\tbare = maybe', 'hooks/post-index-change': 'exit 1' })
    )
  })
})

describe('what the workspace says to git', () => {
  it('is not listened to: attributes, filters, hooks, ignored files, configuration', async () => {
    const kept = await keptWorkspace({
      '.gitattributes': '* text=auto eol=crlf ident filter=evil working-tree-encoding=UTF-16\n',
      '.gitignore': '*\n',
      'crlf.txt': 'one\r\ntwo\r\n',
      'mixed.txt': 'one\r\ntwo\nthree\r',
      'ident.txt': '$Id$',
      'binary.bin': Buffer.from(Array.from({ length: 512 }, (_, at) => at % 256))
    })
    await git(kept.root, 'init', '-q')
    const marker = kept.path('ran')
    await git(kept.root, 'config', 'filter.evil.clean', `touch ${marker}; cat`)
    await git(kept.root, 'config', 'filter.evil.smudge', `touch ${marker}; cat`)
    await git(kept.root, 'config', 'core.fsmonitor', `touch ${marker}; true`)
    for (const hook of ['reference-transaction', 'post-checkout', 'post-index-change', 'pre-commit']) {
      await kept.write({ [`.git/hooks/${hook}`]: `#!/bin/sh\ntouch ${marker}\n` })
      await chmod(kept.path(`.git/hooks/${hook}`), 0o755)
    }
    await thereAndBack(kept, () =>
      kept.write({ 'crlf.txt': 'one\ntwo\n', 'mixed.txt': null, 'ident.txt': '$Id: 1 $', 'binary.bin': 'text' })
    )
    await refused(async () => stat(marker), 'ENOENT')
  })

  it('cannot come from the environment', async () => {
    const elsewhere = await tempDir()
    const marker = join(elsewhere, 'ran')
    const hooks = join(elsewhere, 'hooks')
    await mkdir(hooks)
    await writeFile(join(hooks, 'reference-transaction'), `#!/bin/sh\ntouch ${marker}\n`, { mode: 0o755 })
    await writeFile(join(elsewhere, '.gitconfig'), `[core]\n\thooksPath = ${hooks}\n[init]\n\ttemplateDir = ${hooks}\n`)
    const env = {
      ...process.env,
      HOME: elsewhere,
      XDG_CONFIG_HOME: elsewhere,
      GIT_DIR: join(elsewhere, 'repository'),
      GIT_INDEX_FILE: join(elsewhere, 'index'),
      GIT_WORK_TREE: elsewhere,
      GIT_OBJECT_DIRECTORY: join(elsewhere, 'objects'),
      GIT_ALTERNATE_OBJECT_DIRECTORIES: join(elsewhere, 'objects'),
      GIT_NAMESPACE: 'other',
      GIT_DEFAULT_HASH: 'sha256',
      GIT_CONFIG_PARAMETERS: `'core.hooksPath=${hooks}'`,
      GIT_CONFIG_COUNT: '1',
      GIT_CONFIG_KEY_0: 'core.hooksPath',
      GIT_CONFIG_VALUE_0: hooks,
      GIT_TRACE: join(elsewhere, 'trace'),
      GIT_EXEC_PATH: elsewhere
    }
    const kept = await keptWorkspace({ 'a.txt': 'a' }, { env })
    await thereAndBack(kept, () => kept.write({ 'a.txt': 'A' }))
    assert.sameMembers(await readdir(elsewhere), ['.gitconfig', 'hooks'])
  })

  it('cannot be a git of its own on the path', async () => {
    const kept = await keptWorkspace({ 'bin/git': '#!/bin/sh\ntouch "$(dirname "$0")/ran"\n' })
    await chmod(kept.path('bin/git'), 0o755)
    const links = await tempDir()
    await symlink(kept.path('bin/git'), join(links, 'git'))
    const PATH = `bin:.:${kept.path('bin')}:${links}:${process.env.PATH}`
    const snapshots = await kept.opened({ env: { ...process.env, PATH } })
    await thereAndBack({ ...kept, snapshots }, () => kept.write({ 'a.txt': 'a' }))
    assert.deepEqual(await readdir(kept.path('bin')), ['git'])
  })
})

describe('files of every kind', () => {
  it('are kept with the names they have: not UTF-8, with quotes and line ends, by case, composed and not', async () => {
    const kept = await keptWorkspace()
    const names = [
      'caf\xe9',
      '\xff\xfe',
      'tab\there',
      'line\nend',
      '"quoted"',
      'back\\slash',
      ' space ',
      'README',
      'readme'
    ]
    const others = ['caf\u00e9', 'cafe\u0301', '\u{1f600}', '\ufffd', '-rf', '*'].map((name) => Buffer.from(name))
    const paths = [...names.map((name) => Buffer.from(name, 'latin1')), ...others]
    const at = (name: Buffer) => Buffer.concat([Buffer.from(`${kept.root}/`), name])
    for (const name of paths) await writeFile(at(name), name)
    await thereAndBack(kept, async () => {
      for (const name of paths.slice(0, 8)) await writeFile(at(name), 'changed')
      for (const name of paths.slice(8)) await rm(at(name))
    })
    const { skipped } = await kept.snapshots.take()
    assert.deepEqual(skipped, [])
  })

  it('are kept as links, wherever these lead, and nothing is written through them', async () => {
    const outside = await tempDir()
    await writeFile(join(outside, 'secret.txt'), 'secret')
    const kept = await keptWorkspace({ 'd/a.txt': 'a', 'b.txt': 'b' })
    await kept.link('loop', 'loop')
    await kept.link('up', '..')
    await kept.link('outside', outside)
    await kept.link('nowhere', 'no/such/file')
    await kept.link('secret', join(outside, 'secret.txt'))
    await thereAndBack(kept, async () => {
      await rm(kept.path('d'), { recursive: true })
      await kept.link('d', outside)
      await rm(kept.path('b.txt'))
      await kept.link('b.txt', join(outside, 'secret.txt'))
      await rm(kept.path('secret'))
      await kept.write({ secret: 'a file now', 'outside2/x': 'x' })
    })
    assert.deepEqual(await everythingIn(outside), { 'secret.txt': '- secret' })
  })

  it('are not written, and none is taken away, where a directory has become a link to another', async () => {
    const outside = await tempDir()
    const kept = await keptWorkspace({ 'd/a.txt': 'a', 'd/b.txt': 'b' })
    const { id: to } = await kept.snapshots.take()
    await kept.write({ 'd/a.txt': 'A', 'd/b.txt': null, 'd/c.txt': 'c' })
    const { id: base } = await kept.snapshots.take()
    const [a, b, c] = await kept.snapshots.compare(base, to)
    await rename(kept.path('d'), join(outside, 'd'))
    await kept.link('d', join(outside, 'd'))
    const restored = await kept.snapshots.restore(to, { base, onConflict: 'keep' })
    assert.equal(restored.status, 'restored')
    // The same, had it become one after the last look.
    const content = async () => Buffer.from('through the link')
    const steps = [a!, b!, c!]
    const seen = new Map(steps.map(({ path }) => [path, { stamp: '' }]))
    const failed = await apply({ root: kept.root, steps, seen, directories: ['d/e'], content })
    assert.sameMembers(
      failed.map(({ path }) => path),
      ['d/a.txt', 'd/b.txt', 'd/c.txt', 'd/e']
    )
    assert.deepEqual(await everythingIn(join(outside, 'd')), { 'a.txt': '- A', 'c.txt': '- c' })
  })

  it('are not read through a link, and no pipe is waited for, where a plain file has been a moment ago', async () => {
    const kept = await keptWorkspace({ 'a.txt': 'a' })
    await kept.link('link', 'a.txt')
    await promisify(execFile)('mkfifo', [kept.path('pipe')])
    const plain = { mode: '100644', maxFileBytes: 10 } as const
    assert.equal(await contentOf(kept.path('link'), plain), undefined)
    assert.equal(await contentOf(kept.path('pipe'), plain), 'special')
    assert.equal(await contentOf(kept.path('gone'), plain), undefined)
    assert.deepEqual(await contentOf(kept.path('a.txt'), plain), Buffer.from('a'))
  })

  it('are left where they were touched after the last look', async () => {
    const kept = await keptWorkspace({ 'a.txt': 'a', 'b.txt': 'b' })
    const { id: to } = await kept.snapshots.take()
    await kept.write({ 'a.txt': 'A', 'b.txt': null, 'c.txt': 'c' })
    const { id: base } = await kept.snapshots.take()
    const steps = await kept.snapshots.compare(base, to)
    const { files: seen } = await walk(kept.root, { maxFiles: 10, maxFileBytes: 10 })
    await kept.write({ 'a.txt': 'person', 'b.txt': 'person', 'c.txt': 'person' })
    const content = async () => Buffer.from('from the snapshot')
    const failed = await apply({ root: kept.root, steps, seen, directories: [], content })
    assert.sameMembers(
      failed.map(({ path }) => path),
      ['a.txt', 'b.txt', 'c.txt']
    )
    assert.deepEqual(await kept.everything(), { 'a.txt': '- person', 'b.txt': '- person', 'c.txt': '- person' })
  })

  it('may be swapped for directories, and back', async () => {
    const kept = await keptWorkspace({ file: 'f', 'dir/a.txt': 'a', 'dir/deep/b.txt': 'b' })
    await thereAndBack(kept, async () => {
      await kept.write({ file: null, dir: null })
      await kept.write({ 'file/x/y.txt': 'y', dir: 'a file' })
      await mkdir(kept.path('file/empty/more'), { recursive: true })
    })
  })

  it('may be renamed by case alone, and executable or not', async () => {
    const kept = await keptWorkspace({ 'readme.md': 'r', 'run.sh': 'run' })
    await thereAndBack(kept, async () => {
      await rename(kept.path('readme.md'), kept.path('README.md'))
      await chmod(kept.path('run.sh'), 0o755)
    })
  })

  it('keep who may read them when they are written anew', async () => {
    const kept = await keptWorkspace({ 'key.pem': 'k' })
    await chmod(kept.path('key.pem'), 0o600)
    await thereAndBack(kept, () => kept.write({ 'key.pem': 'K' }))
    assert.equal((await stat(kept.path('key.pem'))).mode & 0o777, 0o600)
  })

  it('are passed over and told of where they are too large, no files at all, or can be made again', async () => {
    const kept = await keptWorkspace(
      {
        'a.txt': 'a',
        'huge.bin': 'x'.repeat(2000),
        'node_modules/left-pad/index.js': 'pad',
        'pkg/node_modules/x.js': 'x',
        'target/CACHEDIR.TAG': 'Signature: 8a477f597d28d172789f06886806bc55\n',
        'target/debug/app': 'binary',
        'venv.txt': 'a file, and no venv'
      },
      { maxFileBytes: 1000 }
    )
    await promisify(execFile)('mkfifo', [kept.path('pipe')])
    const server = createServer().listen(kept.path('socket'))
    onTestFinished(() => void server.close())
    const told = [
      ['huge.bin', 'too large'],
      ['node_modules', 'cache'],
      ['pipe', 'special'],
      ['pkg/node_modules', 'cache'],
      ['socket', 'special'],
      ['target', 'cache']
    ]
    assert.deepEqual(await thereAndBack(kept, () => kept.write({ 'a.txt': 'A', 'venv.txt': null })), told)
    const { id: base } = await kept.snapshots.take()
    await kept.write({
      'node_modules/left-pad/index.js': 'PAD',
      'target/debug/app': 'other',
      'huge.bin': 'y'.repeat(2000)
    })
    assert.equal((await kept.snapshots.take()).id, base)
  })

  it('are passed over and told of where they cannot be read', async () => {
    const kept = await keptWorkspace({ 'a.txt': 'a', 'secret.txt': 's', 'closed/b.txt': 'b' })
    await mkdir(kept.directory)
    for (const path of [kept.root, kept.directory, join(kept.root, '..')]) await chmod(path, 0o777)
    await chmod(kept.path('secret.txt'), 0o000)
    await chmod(kept.path('closed'), 0o000)
    const { skipped } = await withoutRoot(() => kept.snapshots.take())
    assert.deepEqual(skipped, [
      { path: 'closed', why: 'unreadable' },
      { path: 'secret.txt', why: 'unreadable' }
    ])
  })

  it('may be more than are kept: then it fails, and says so', async () => {
    const kept = await keptWorkspace({ a: '1', b: '2', c: '3' }, { maxFiles: 2 })
    await refused(() => kept.snapshots.take(), 'SNAPSHOT_FAILED')
    await kept.write({ c: null })
    await kept.snapshots.take()
  })
})

describe('a place that does not suit', () => {
  it('is one within the workspace, or around it', async () => {
    const kept = await keptWorkspace({ 'a.txt': 'a' })
    for (const directory of [kept.path('.deputy/snapshots'), kept.root]) {
      const snapshots = await kept.opened({ directory })
      await refused(() => snapshots.take(), 'SNAPSHOT_FAILED')
    }
    await mkdir(kept.path('real'))
    await symlink(kept.path('real'), `${kept.root}-link`)
    const snapshots = await kept.opened({ directory: `${kept.root}-link` })
    await refused(() => snapshots.take(), 'SNAPSHOT_FAILED')
  })

  it('is a workspace that has been taken away since, or is a link to another now', async () => {
    const elsewhere = await tempDir()
    const kept = await keptWorkspace({ 'a.txt': 'a' })
    await kept.snapshots.take()
    await rename(kept.root, `${kept.root}-moved`)
    await refused(() => kept.snapshots.take(), 'SNAPSHOT_FAILED')
    await symlink(elsewhere, kept.root)
    await refused(() => kept.snapshots.take(), 'SNAPSHOT_FAILED')
  })

  it('is a machine without git, until it has one', async () => {
    const bin = await tempDir()
    const kept = await keptWorkspace({ 'a.txt': 'a' }, { env: { ...process.env, PATH: bin } })
    const error = await refused(() => kept.snapshots.take(), 'SNAPSHOT_FAILED')
    assert.include(error.message, 'git is not installed')
    const { stdout } = await promisify(execFile)('sh', ['-c', 'command -v git'])
    await symlink(stdout.trim(), join(bin, 'git'))
    await kept.snapshots.take()
  })
})

describe('what other processes leave', () => {
  it('is no hindrance: locks of a process that died', async () => {
    const kept = await keptWorkspace({ 'a.txt': 'a' })
    const { id } = await kept.snapshots.take()
    const [name] = await readdir(kept.directory)
    const repository = join(kept.directory, name!)
    const long = new Date(Date.now() - 3_600_000)
    const locks = [
      'index.lock',
      'HEAD.lock',
      'packed-refs.lock',
      'shallow.lock',
      'config.lock',
      `refs/snapshots/${id}.lock`
    ]
    for (const lock of locks) {
      await writeFile(join(repository, lock), '')
      await utimes(join(repository, lock), long, long)
    }
    await rm(join(repository, `refs/snapshots/${id}`))
    assert.equal((await kept.snapshots.take()).id, id)
    await thereAndBack(kept, () => kept.write({ 'a.txt': 'A' }))
    assert.include(await readdir(join(repository, 'refs/snapshots')), id)
  })

  it('is no hindrance: another that takes snapshots at the same time', async () => {
    const kept = await keptWorkspace({ 'a.txt': 'a', 'b.txt': 'b' })
    const others = await Promise.all([1, 2, 3, 4].map(() => kept.opened()))
    for (let round = 0; round < 5; round++) {
      await kept.write({ 'a.txt': `round ${round}` })
      const ids = await Promise.all([kept.snapshots, ...others].map(async (each) => (await each.take()).id))
      assert.equal(new Set(ids).size, 1)
    }
  })

  it('is no hindrance: a memory of files that is damaged, or of a repository that is gone', async () => {
    const kept = await keptWorkspace({ 'a.txt': 'a' })
    const { id } = await kept.snapshots.take()
    const [name] = await readdir(kept.directory)
    const memory = join(kept.directory, name!, 'seen.json')
    const good = await readFile(memory)
    await writeFile(memory, '{"version":1,')
    assert.equal((await (await kept.opened()).take()).id, id)
    await rm(join(kept.directory, name!), { recursive: true })
    assert.equal((await (await kept.opened()).take()).id, id)
    await rm(join(kept.directory, name!, 'objects'), { recursive: true })
    await mkdir(join(kept.directory, name!, 'objects'))
    await writeFile(memory, good)
    assert.equal((await (await kept.opened()).take()).id, id)
  })
})

describe('a path as text', () => {
  it('leads back to its bytes', () => {
    for (const bytes of [
      [0xff],
      [0x61, 0xe9, 0x62],
      [0xc3, 0xa9],
      [0xed, 0xb2, 0x80],
      [0xf0, 0x9f, 0x98],
      [0xef, 0xbf, 0xbd, 0xff]
    ])
      assert.deepEqual([...bytesOf(textOf(Buffer.from(bytes)))], bytes)
  })
})
