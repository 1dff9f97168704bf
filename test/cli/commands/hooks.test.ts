import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { assert, describe, it } from 'vitest'
import { atEnd } from '../../support/at-end.ts'
import { makeTempDir } from '../../support/temp-dir.ts'
import { AGENTS, type Place, place } from '../deputy.ts'

const WITH = ['--agents', AGENTS, '--agent', 'clerk'] as const

/** A workspace whose hook lets nothing be stamped. */
async function hooked(script = 'echo nothing is stamped here >&2; exit 2'): Promise<Place> {
  const { path: home, remove } = await makeTempDir()
  atEnd(remove)
  const at = await place({ XDG_STATE_HOME: join(home, 'state'), XDG_CONFIG_HOME: join(home, 'config') })
  await mkdir(join(at.dir, '.deputy/hooks'), { recursive: true })
  await writeFile(join(at.dir, '.deputy/hooks/no.sh'), script)
  const hook = { name: 'no-stamps', on: 'beforeTool', tool: 'stamp', command: ['/bin/sh', '.deputy/hooks/no.sh'] }
  await writeFile(join(at.dir, '.deputy/hooks.json'), JSON.stringify({ hooks: [hook] }))
  return at
}

describe.concurrent('hooks', { timeout: 120_000 }, () => {
  it('of a directory without any are none', async () => {
    const { deputy } = await place({ XDG_CONFIG_HOME: '/nowhere' })
    assert.deepEqual(await deputy('hooks', 'list'), { code: 0, stdout: 'no hooks are declared here\n', stderr: '' })
    assert.equal((await deputy('hooks', 'trust')).code, 2)
  })

  it('of a workspace are listed before they are trusted, with their files, and nothing runs until then', async () => {
    const { deputy, stamps } = await hooked()
    const { code, stdout } = await deputy('hooks', 'list')
    assert.equal(code, 0)
    assert.match(stdout, /hooks\.json, nobody has trusted them as they are now/)
    assert.match(stdout, /\n {2}no-stamps {2}beforeTool of stamp {2}\/bin\/sh \.deputy\/hooks\/no\.sh\n/)
    assert.match(stdout, /\n {2}with \.deputy\/hooks\.json, \.deputy\/hooks\/no\.sh\n$/)
    const run = await deputy('run', ...WITH, '--yes', 'stamp a')
    assert.equal(run.code, 2)
    assert.match(run.stderr, /^deputy: HOOKS_UNTRUSTED: /)
    assert.deepEqual(stamps(), [])
  })

  it('run once they are trusted, and what they do is told', async () => {
    const { deputy, stamps } = await hooked()
    assert.match((await deputy('hooks', 'trust')).stdout, /trusted as they are now/)
    const { code, stdout } = await deputy('run', ...WITH, '--yes', 'stamp a')
    assert.equal(code, 0)
    assert.match(stdout, /clerk: the hook no-stamps denied it: nothing is stamped here/)
    assert.deepEqual(stamps(), [])
  })

  it('are left out where they are ignored, and asked about again when they change', async () => {
    const { deputy, dir, stamps } = await hooked()
    await deputy('hooks', 'ignore')
    assert.equal((await deputy('run', ...WITH, '--yes', 'stamp a')).code, 0)
    assert.deepEqual(stamps(), ['a'])
    await writeFile(join(dir, '.deputy/hooks/no.sh'), 'exit 0')
    assert.equal((await deputy('run', ...WITH, '--yes', 'stamp b')).code, 2)
  })

  it('that are declared wrongly are refused with file and line', async () => {
    const { deputy, dir } = await hooked()
    await writeFile(join(dir, '.deputy/hooks.json'), '{\n  "hooks": [{ "name": "x" }]\n}')
    const { code, stderr } = await deputy('run', ...WITH, 'stamp a')
    assert.equal(code, 2)
    assert.match(stderr, /^deputy: BAD_HOOKS: .*hooks\.json:2: hooks\[0\]\./)
  })
})
