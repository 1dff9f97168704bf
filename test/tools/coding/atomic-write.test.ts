import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { chmod, mkdir, readdir, readFile, stat, symlink } from 'node:fs/promises'
import { pathToFileURL } from 'node:url'
import { describe, it } from 'vitest'
import { atomicWrite } from '../../../tools/coding/atomic-write.ts'
import { tempWorkspace } from '../../support/temp-workspace.ts'

const MODULE = pathToFileURL('tools/coding/atomic-write.ts').href

/** Arguments that let node run a script with `atomicWrite` in a process of its own. */
function scriptArgs(body: string, ...args: string[]): string[] {
  const script = `import { atomicWrite } from '${MODULE}'; const [target] = process.argv.slice(1); ${body}`
  return ['--import', 'tsx', '--input-type=module', '--eval', script, ...args]
}

describe('an atomic write', () => {
  it('replaces the content and leaves nothing beside it', async () => {
    const { root, path } = await tempWorkspace({ a: 'old' })
    await atomicWrite(path('a'), 'new')
    assert.equal(await readFile(path('a'), 'utf8'), 'new')
    assert.deepEqual(await readdir(root), ['a'])
  })

  it('makes a file with the mode that files have', async () => {
    const { path } = await tempWorkspace({ usual: '' })
    await atomicWrite(path('new'), 'new')
    assert.equal((await stat(path('new'))).mode, (await stat(path('usual'))).mode)
  })

  it('keeps the mode bits', async () => {
    const { path } = await tempWorkspace({ a: 'old' })
    for (const mode of [0o755, 0o600, 0o666, 0o4755]) {
      await chmod(path('a'), mode)
      await atomicWrite(path('a'), 'new')
      assert.equal((await stat(path('a'))).mode & 0o7777, mode)
    }
  })

  it('refuses a directory and leaves it alone', async () => {
    const { root, path } = await tempWorkspace({ 'dir/a': 'a' })
    await assert.rejects(atomicWrite(path('dir'), 'new'), { code: 'TOOL_FAILED', message: /is a directory/ })
    assert.deepEqual(await readdir(root), ['dir'])
    assert.deepEqual(await readdir(path('dir')), ['a'])
  })

  it('refuses a symlink and leaves its target alone', async () => {
    const { root, path } = await tempWorkspace({ a: 'old' })
    await symlink('a', path('link'))
    await assert.rejects(atomicWrite(path('link'), 'new'), { code: 'TOOL_FAILED' })
    assert.equal(await readFile(path('a'), 'utf8'), 'old')
    assert.deepEqual(await readdir(root), ['a', 'link'])
  })

  it('leaves no trace where the directory does not exist', async () => {
    const { root, path } = await tempWorkspace()
    await assert.rejects(atomicWrite(path('no/a'), 'new'), { code: 'ENOENT' })
    assert.deepEqual(await readdir(root), [])
  })

  it('leaves the file as it was when the new content does not fit', async () => {
    const { root, path } = await tempWorkspace({ a: 'old' })
    const body = `await atomicWrite(target, 'x'.repeat(1 << 20)).catch((error) => console.log(error.code))`
    // A process may write files of 64 KiB here, and is told so instead of being killed.
    const limited = [`trap '' XFSZ; ulimit -f 64; exec "$0" "$@"`, process.execPath, ...scriptArgs(body, path('a'))]
    const { stdout } = spawnSync('bash', ['-c', ...limited], {
      encoding: 'utf8',
      env: { ...process.env, TSX_DISABLE_CACHE: '1' }
    })
    assert.equal(stdout.trim(), 'EFBIG')
    assert.equal(await readFile(path('a'), 'utf8'), 'old')
    assert.deepEqual(await readdir(root), ['a'])
  })

  it('leaves all of the old or all of the new when its process is killed', async () => {
    const { path } = await tempWorkspace()
    await mkdir(path('dir'))
    const whole = ['a', 'b'].map((letter) => letter.repeat(1 << 20))
    await atomicWrite(path('dir/a'), whole[0]!)
    const body = `for (let i = 0; ; i++) { await atomicWrite(target, (i % 2 ? 'a' : 'b').repeat(1 << 20)); console.log(i) }`
    for (const moment of [1, 2, 3]) {
      const writer = spawn(process.execPath, scriptArgs(body, path('dir/a')), { stdio: ['ignore', 'pipe', 'inherit'] })
      for (let written = 0; written < moment; written += 1) await once(writer.stdout, 'data')
      writer.kill('SIGKILL')
      await once(writer, 'close')
      assert.ok(whole.includes(await readFile(path('dir/a'), 'utf8')))
    }
  })
})
