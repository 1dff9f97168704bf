import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { assert, describe, it } from 'vitest'
import { openStore } from '../../../checkpointers/open.ts'
import { execute } from '../../support/execute.ts'
import { officialSaver } from '../../support/official-savers.ts'
import { freshDatabase } from '../../support/postgres.ts'
import { putValues } from '../../support/put-values.ts'
import { AGENTS, idAfter, place } from '../deputy.ts'

const CLERK = ['--agents', AGENTS, '--agent', 'clerk'] as const
const LONG = 'a long text, '.repeat(50)

describe.concurrent('deputy store', { timeout: 120_000 }, () => {
  it('stats counts what is there, in columns or as JSON', async () => {
    const { deputy } = await place()
    await deputy('run', ...CLERK, 'stamp a')
    const { code, stdout, stderr } = await deputy('store', 'stats')
    assert.equal(code, 0, stderr)
    assert.match(stdout, /^sqlite:\.deputy\/deputy\.db\n\ntrees {8}1\nthreads {6}1\ncheckpoints {2}\d+\n/)
    assert.match(
      stdout,
      /\nasks {9}1 open, 0 closed\noldest {7}begun \d+s ago\nnewest {7}touched \d+s ago\non disk {6}/
    )
    assert.match(stdout, /\ndeputy_elements +[\d.]+ kB\n/)
    const counts = JSON.parse((await deputy('store', 'stats', '--json')).stdout)
    assert.deepInclude(counts, { encrypted: false, trees: 1, asks: { open: 1, closed: 0 }, leftOver: 0 })
  })

  it('verify says that all is well, or names what is damaged and ends with 1', async () => {
    const { deputy, dir } = await place()
    const thread = idAfter('thread', (await deputy('run', ...CLERK, 'say one')).stdout)
    const well = await deputy('store', 'verify')
    assert.equal(well.code, 0, well.stderr)
    assert.match(well.stdout, /^read \d+ checkpoints, .* rows of the journal\n(.*\n)?nothing is damaged\n$/)
    const url = `sqlite:${join(dir, '.deputy/deputy.db')}`
    await execute(url, "update deputy_threads set status = 'lost'")
    await execute(url, 'update deputy_checkpoints set body = substr(body, 1, 30) where parent_id is null')
    const { code, stdout } = await deputy('store', 'verify')
    assert.equal(code, 1)
    assert.match(stdout, new RegExp(`2 damaged:\n {2}deputy_checkpoints "${thread}" "" .*does not match`))
    assert.match(stdout, new RegExp(` {2}deputy_threads "${thread}": .*status`))
    const told = await deputy('store', 'verify', '--json')
    assert.equal(told.code, 1)
    assert.lengthOf(JSON.parse(told.stdout).damaged, 2)
  })

  it('import copies a store into an encrypted one, in which the tree goes on; no key is told', async ({
    onTestFinished
  }) => {
    const { url, drop } = await freshDatabase()
    onTestFinished(drop)
    const plain = await place({ DEPUTY_STORE: url })
    const stopped = await plain.deputy('run', ...CLERK, 'stamp secret-mark')
    const ask = idAfter('deputy answer', stopped.stdout)
    const [key, wrong] = [randomBytes(32).toString('hex'), randomBytes(32).toString('hex')]
    const { deputy, dir } = await place({ DEPUTY_ENCRYPTION_KEY: key })
    const refused = await deputy('threads', '--store', url)
    assert.equal(refused.code, 2)
    assert.match(refused.stderr, /^deputy: BAD_STORE: .*not encrypted: .*deputy store import --from/)
    const imported = await deputy('store', 'import', '--from', url)
    assert.equal(imported.code, 0, imported.stderr)
    assert.match(imported.stdout, /^imported 1 thread, \d+ checkpoints, .* from postgres(ql)?:\/\/.*\n.*is equal\n$/)
    const again = await deputy('store', 'import', '--from', url)
    assert.equal(again.code, 2)
    assert.match(again.stderr, /nothing was imported: threads of .* are in this store already/)
    const answered = await deputy('answer', ask, 'approve', ...CLERK)
    assert.equal(answered.code, 0, answered.stderr)
    assert.equal((await deputy('store', 'verify')).code, 0)
    const file = join(dir, '.deputy/deputy.db')
    assert.isFalse(readFileSync(file).includes('secret-mark'))
    for (const [said, env] of [
      ['there is no key', {}],
      ['another key', { DEPUTY_ENCRYPTION_KEY: wrong }]
    ] as const) {
      const other = await place(env)
      const { code, stderr } = await other.deputy('threads', '--store', `sqlite:${file}`)
      assert.equal(code, 2)
      assert.include(stderr, said)
      assert.notInclude(stderr, key)
      assert.notInclude(stderr, wrong)
    }
    const back = await place({ DEPUTY_FROM_ENCRYPTION_KEY: key })
    const copied = await back.deputy('store', 'import', '--from', `sqlite:${file}`, '--json')
    assert.equal(copied.code, 0, copied.stderr)
    assert.deepInclude(JSON.parse(copied.stdout), { threads: 1, unplaced: 0, damaged: [] })
  })

  it('import takes over in place what an official saver has left, and says what stayed', async () => {
    const { deputy, dir } = await place()
    const url = `sqlite:${join(dir, 'graph.db')}`
    const { saver, close } = await officialSaver(url)
    const first = await putValues(saver, { text: LONG })
    const bad = await putValues(saver, { text: LONG }, { parent: first })
    close()
    await execute(url, `update checkpoints set checkpoint = cast('{' as blob) where checkpoint_id = '${bad}'`)
    const { code, stdout } = await deputy('store', 'import', '--from', url, '--store', 'sqlite:graph.db')
    assert.equal(code, 1)
    assert.match(
      stdout,
      /^took over 1 checkpoint of an official saver, in place; .*\n1 checkpoint stayed where they were\n/
    )
    assert.include(stdout, `  checkpoints "t" "" "${bad}": `)
    const store = await openStore(url)
    assert.deepEqual((await store.saver.getTuple({ configurable: { thread_id: 't' } }))?.checkpoint.id, first)
    await store.close()
    const verified = await deputy('store', 'verify', '--store', url)
    assert.equal(verified.code, 1)
    assert.include(verified.stdout, `  checkpoints "t" "" "${bad}": `)
  })

  it('has nothing to say of a store in memory, of nothing, and without a command', async () => {
    const { deputy } = await place()
    for (const command of [['stats'], ['verify'], ['import', '--from', 'sqlite:a.db']]) {
      const { code, stderr } = await deputy('store', ...command, '--store', 'memory:')
      assert.equal(code, 2)
      assert.match(stderr, /^deputy: BAD_ARGUMENTS: memory: ends with this process/)
    }
    const nothing = await deputy('store', 'import', '--from', 'sqlite:a.db')
    assert.equal(nothing.code, 5)
    assert.match(nothing.stderr, /^deputy: STORE_UNAVAILABLE: a\.db cannot be read/)
    assert.match((await deputy('store')).stderr, /^deputy: BAD_ARGUMENTS: /)
    assert.match((await deputy('store', 'import')).stderr, /^deputy: BAD_ARGUMENTS: required option '--from/)
    assert.include((await deputy('store', '--help')).stdout, 'verify')
  })
})
