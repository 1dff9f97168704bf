import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { assert, describe, it } from 'vitest'
import { builtFile } from '../../support/built.ts'
import { oauthServer } from '../../support/mcp/oauth-server.ts'
import { place } from '../deputy.ts'

const RAW = builtFile(join(import.meta.dirname, '../../support/mcp/raw-server.ts'))

describe('deputy mcp', () => {
  it('writes a server down, shows it for review, pins what was reviewed, and removes it', async () => {
    const { deputy, dir } = await place()
    const added = await deputy(
      'mcp',
      'add',
      'raw',
      '--env',
      `TOKEN=\${SECRET_TOKEN}`,
      '--',
      process.execPath,
      RAW,
      'a b'
    )
    assert.equal(added.code, 0, added.stderr)
    assert.include(await readFile(join(dir, '.deputy/mcp.json'), 'utf8'), `"TOKEN": "\${SECRET_TOKEN}"`)
    const again = await deputy('mcp', 'add', 'raw', '--', 'other')
    assert.equal(again.code, 2)

    const listed = await deputy('mcp', 'list')
    assert.include(listed.stdout, `raw  stdio  ${process.execPath} ${RAW} a b`)
    const missing = await deputy('mcp', 'test', 'raw')
    assert.match(missing.stderr, /BAD_CHARTER: .*\$\{SECRET_TOKEN\}/)
  })

  it('asks for a review before it is used, and again when a definition has changed', async () => {
    const { deputy, dir } = await place()
    await deputy('mcp', 'add', 'raw', '--', process.execPath, RAW)
    const first = await deputy('mcp', 'test', 'raw')
    assert.equal(first.code, 3, first.stderr)
    assert.include(first.stdout, '+ echo (new)  as raw__echo\n    Says what it is told.')
    const approved = await deputy('mcp', 'test', 'raw', '--approve')
    assert.equal(approved.code, 0, approved.stderr)
    assert.equal((await deputy('mcp', 'test', 'raw')).code, 0)

    const pins = join(dir, '.deputy/mcp-pins.json')
    const kept = JSON.parse(await readFile(pins, 'utf8'))
    await writeFile(pins, JSON.stringify({ raw: { ...kept.raw, echo: '0'.repeat(64) } }))
    const changed = await deputy('mcp', 'test', 'raw')
    assert.equal(changed.code, 3)
    assert.include(changed.stdout, '! echo (changed)')
    await writeFile(pins, 'no json')
    assert.match((await deputy('mcp', 'test', 'raw')).stderr, /BAD_STORE/)
  })

  it('gives its tools to the prebuilt agents where that is wanted, and each call of one is asked about', async () => {
    const { deputy, dir } = await place()
    await deputy('mcp', 'add', 'raw', '--', process.execPath, RAW)
    await deputy('mcp', 'test', 'raw', '--approve')
    const call = { name: 'raw__echo', args: { text: 'from afar' } }
    await writeFile(join(dir, 'replies.json'), JSON.stringify([{ calls: [call] }, 'it said so']))
    const run = (...flags: string[]) =>
      deputy('run', ...flags, '--agent', 'agent', '--model', 'scripted:replies.json', 'say it')
    const shown = async ({ stdout }: { stdout: string }) => {
      const [, thread] = /thread (\S+)/.exec(stdout)!
      return (await deputy('show', thread!)).stdout
    }
    assert.include(await shown(await run('--yes')), 'there is no tool "raw__echo"')
    const asking = await run('--mcp')
    assert.equal(asking.code, 3, asking.stderr)
    assert.match(asking.stdout, /deputy answer \S+ approve .*--mcp/)
    const done = await run('--mcp', '--yes')
    assert.equal(done.code, 0, done.stderr)
    assert.include(await shown(done), 'from afar')
  })

  it('writes down no server whose name looks like that of another', async () => {
    const { deputy, dir } = await place()
    await deputy('mcp', 'add', 'gitlab', '--', 'one')
    const before = await readFile(join(dir, '.deputy/mcp.json'), 'utf8')
    for (const name of ['gitl\u0430b', 'GitLab', 'gitlab\u200b']) {
      const refused = await deputy('mcp', 'add', name, '--', 'two')
      assert.equal(refused.code, 1)
      assert.include(refused.stderr, 'lower case letters, digits and -')
    }
    const alike = await deputy('mcp', 'add', 'git1ab', '--', 'two')
    assert.equal(alike.code, 1)
    assert.include(alike.stderr, '"gitlab" and "git1ab" look like one')
    assert.equal(await readFile(join(dir, '.deputy/mcp.json'), 'utf8'), before)
  })

  it('removes a server with what was reviewed of it', async () => {
    const { deputy, dir } = await place()
    await deputy('mcp', 'add', 'raw', '--', process.execPath, RAW)
    await deputy('mcp', 'test', 'raw', '--approve')
    assert.equal((await deputy('mcp', 'remove', 'raw')).code, 0)
    assert.equal((await deputy('mcp', 'list')).stdout, '')
    assert.equal(await readFile(join(dir, '.deputy/mcp-pins.json'), 'utf8'), '{}\n')
    assert.equal((await deputy('mcp', 'remove', 'raw')).code, 2)
  })

  it('authorizes for a principal: shows where to go, and takes nothing but what comes back from there', async () => {
    const { url } = await oauthServer()
    const { deputy, start, dir } = await place({ DEPUTY_ENCRYPTION_KEY: '5e'.repeat(32) })
    await deputy('mcp', 'add', 'guarded', '--url', url, '--reach', 'loopback')
    const refused = await deputy('mcp', 'test', 'guarded')
    assert.match(refused.stderr, /MCP_AUTH_NEEDED.*deputy mcp auth guarded/)

    const waiting = start('mcp', 'auth', 'guarded', '--principal', 'alice')
    let shown = ''
    const page = await new Promise<string>((resolve) => {
      waiting.child.stderr!.on('data', (text: string) => {
        shown += text
        const found = /^http\S+authorize\S+$/m.exec(shown)
        if (found) resolve(found[0])
      })
    })
    const back = new URL((await fetch(page, { redirect: 'manual' })).headers.get('location')!)
    const forged = new URL(back)
    forged.searchParams.set('state', 'forged')
    assert.equal((await fetch(forged)).status, 404)
    assert.equal((await fetch(back)).status, 200)
    const ended = await waiting.ended
    assert.equal(ended.code, 0, ended.stderr)
    assert.equal(ended.stdout, 'authorized: guarded for alice\n')
    assert.notInclude(ended.stdout + ended.stderr, 'canary')

    const seen = await deputy('mcp', 'test', 'guarded', '--principal', 'alice')
    assert.equal(seen.code, 3, seen.stderr)
    assert.include(seen.stdout, 'whoami')
    assert.match((await deputy('mcp', 'test', 'guarded', '--principal', 'bob')).stderr, /MCP_AUTH_NEEDED/)
    assert.equal((await deputy('mcp', 'auth', 'guarded', '--file', join(dir, 'none.json'))).code, 2)
  })
})
