import { execFile, spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join, resolve } from 'node:path'
import { assert, describe, it } from 'vitest'
import { tempDir } from '../support/temp-dir.ts'

interface Ended {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** Runs a command without a terminal, to its end. */
function ended(file: string, args: readonly string[], { cwd, env }: { cwd: string; env: NodeJS.ProcessEnv }) {
  return new Promise<Ended>((done) => {
    const child = execFile(file, args, { cwd, env: { ...process.env, NO_COLOR: '1', ...env } }, (_, stdout, stderr) =>
      done({ code: child.exitCode, stdout, stderr })
    )
    child.stdin?.end()
  })
}

const job = (at: { cwd: string; env: NodeJS.ProcessEnv }) =>
  ended(resolve('node_modules/.bin/tsx'), [resolve('examples/main-job/run.ts')], at)

const registryAnswers = spawnSync('npm', ['view', 'ini@1.3.5', 'version'], { timeout: 30_000 }).status === 0

describe('the main job', () => {
  it.skipIf(!registryAnswers)(
    'mends the package, shows how, and leaves a command that tries again (needs the npm registry)',
    { timeout: 120_000 },
    async () => {
      const cwd = await tempDir()
      const env = { DEPUTY_STORE: `sqlite:${join(cwd, 'deputy.db')}`, DEPUTY_MODEL: '' }
      const { code, stdout, stderr } = await job({ cwd, env })
      assert.equal(code, 0, stdout + stderr)

      assert.match(stdout, /asks: a rule answers; it approves `node --test FILE…`/)
      assert.match(stdout, /The first failing test\n✖ a section named __proto__.*ℹ fail 2/s)
      assert.match(stdout, /The last passing test\n✔ a section named __proto__.*ℹ fail 0/s)
      assert.match(stdout, /^\+ +if \(section === '__proto__'\) \{$/m)
      assert.match(stdout, /\nteam\n├─ researcher: .*├─ coder: .*│ {2}├─ ✓ read ini\.js\n.*✓ edit ini\.js/s)
      assert.match(stdout, /✓ shell node --test .* {2}\(asked and approved\)/)
      assert.match(stdout, /^team\/coder +3 +\d+ +\d+$/m)
      assert.match(stdout, /^all +14 +\d+ +\d+$/m)

      const workspace = join(cwd, /in (\.deputy\/jobs\/\S+)/.exec(stdout)![1]!)
      const ini = createRequire(import.meta.url)(join(workspace, 'ini.js')) as { parse(text: string): unknown }
      ini.parse('[__proto__]\npolluted = yes\n[__proto__.polluted]\nby = ini')
      assert.isFalse('polluted' in {})
      assert.include(readFileSync(join(workspace, '..', 'before', 'ini.js'), 'utf8'), 'p = out[section]')

      const again = /^.*npm run -s deputy -- resume .*$/m.exec(stdout)![0]
      const resumed = await ended('bash', ['-c', again], { cwd: process.cwd(), env })
      assert.equal(resumed.code, 3, 'it waits for the person, since there is no terminal')
      assert.match(resumed.stdout, /team\/coder/)
      assert.match(resumed.stdout, /team\/verifier asks/)
    }
  )

  it('says what failed and what to do where the package cannot be fetched', { timeout: 60_000 }, async () => {
    const cwd = await tempDir()
    const env = { npm_config_registry: 'http://127.0.0.1:9/', npm_config_cache: join(cwd, 'cache') }
    const { code, stderr } = await job({ cwd, env })
    assert.equal(code, 1)
    assert.match(stderr, /ini@1\.3\.5 could not be fetched from http:\/\/127\.0\.0\.1:9\/: .*ECONNREFUSED/)
    assert.match(stderr, /Check the network, or name a registry that has it/)
  })
})
