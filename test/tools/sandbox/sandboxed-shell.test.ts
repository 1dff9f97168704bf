import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { mkdir, symlink, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, it, onTestFinished } from 'vitest'
import { shellTool } from '../../../tools/coding/shell.ts'
import { needsSandbox } from '../../support/needs-sandbox.ts'
import { tempWorkspace } from '../../support/temp-workspace.ts'

const shell = shellTool({ sandbox: 'require', graceMs: 200 })

/** A server on this machine, with the paths that it was asked for. */
async function listening() {
  const asked: string[] = []
  const server = createServer(({ url = '' }, answer) => {
    asked.push(url)
    answer.end('here I am\n')
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  return { asked, at: `127.0.0.1:${(server.address() as AddressInfo).port}` }
}

/** A program that asks for an address as one does who knows of proxies. */
const asking = (address: string) =>
  `node -e 'const { hostname, port } = new URL(process.env.HTTP_PROXY ?? "http://${address}")
    require("node:http").get({ hostname, port, path: "http://${address}/x", headers: { host: "${address}" } },
      (reply) => { reply.pipe(process.stdout) }).on("error", (error) => console.log(error.code))'`

/** The command lines of all processes that run. */
const running = () =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim()
      } catch {
        return ''
      }
    })

describe('a command in a sandbox', () => {
  beforeEach(needsSandbox)

  it('works in the workspace', async () => {
    const { call, path, root } = await tempWorkspace({ 'src/a': 'one' })
    assert.equal(await call(shell, { command: 'cat a; pwd; echo two > ../b', cwd: 'src' }), `one${root}/src\n`)
    assert.equal(readFileSync(path('b'), 'utf8'), 'two\n')
  })

  it('reads nothing outside', async () => {
    const { call, outside, root } = await tempWorkspace()
    await writeFile(join(outside, 'key'), 'sesame')
    const output = await call(shell, {
      command: `cat ${outside}/key /etc/shadow; ls -A ${homedir()} ${outside} ${root}/.. /run`
    })
    assert.ok(!output.includes('sesame'))
    assert.ok(!output.includes('root:'))
    assert.match(output, /\.\.:\napp\n/)
  })

  it('writes nothing outside, be it through a link', async () => {
    const { call, outside, path } = await tempWorkspace()
    await writeFile(join(outside, 'file'), 'old')
    await symlink(outside, path('link'))
    await symlink(join(outside, 'file'), path('file'))
    const command = `echo x > link/made; echo x > file; echo x > ${outside}/made; touch /usr/made /made /dev/made /etc/made`
    await call(shell, { command })
    assert.deepEqual(readdirSync(outside), ['file'])
    assert.equal(readFileSync(join(outside, 'file'), 'utf8'), 'old')
    assert.deepEqual(['/usr/made', '/made', '/dev/made', '/etc/made'].filter(existsSync), [])
  })

  it('has a /tmp and a home of its own, which are gone with it', async () => {
    const { call } = await tempWorkspace()
    const name = `/tmp/deputy-sandboxed-${process.pid}`
    assert.equal(
      await call(shell, { command: `echo x > ${name}; echo x > ~/y; cat ${name}; echo ~` }),
      'x\n/tmp/home\n'
    )
    assert.equal(existsSync(name), false)
    assert.match(await call(shell, { command: `cat ${name} ~/y` }), /exit code 1/)
  })

  it('leaves what makes git run programs as it is, and .deputy', async () => {
    const { call, path } = await tempWorkspace({
      '.git/config': 'old',
      '.git/hooks/pre-commit': 'old',
      '.deputy/x': 'old'
    })
    const command =
      'for f in .git/config .git/hooks/pre-commit .deputy/x .git/hooks/new .git/index; do echo new > $f; done'
    await call(shell, { command: `${command}; mv .git .was; mv .deputy .was; rm -rf .git/hooks .deputy` })
    for (const name of ['.git/config', '.git/hooks/pre-commit', '.deputy/x'])
      assert.equal(readFileSync(path(name), 'utf8'), 'old', name)
    assert.deepEqual(readdirSync(path('.git/hooks')), ['pre-commit'])
    assert.equal(readFileSync(path('.git/index'), 'utf8'), 'new\n')
  })

  it('leaves nothing behind that git would heed and that was not there', async () => {
    const { call, path } = await tempWorkspace({ '.git/config': 'old' })
    const command =
      'cd .git; echo ../evil > commondir; echo x > config.worktree; mkdir hooks; echo x > hooks/pre-commit; echo x > kept'
    await call(shell, { command })
    assert.deepEqual(readdirSync(path('.git')).sort(), ['config', 'kept'])
  })

  it('sees of .deputy only the hooks', async () => {
    const { call } = await tempWorkspace({
      '.deputy/deputy.db': 'sesame',
      '.deputy/hooks.json': '',
      '.deputy/hooks/a': 'a'
    })
    const output = await call(shell, { command: 'ls .deputy; cat .deputy/hooks/a; echo x > .deputy/deputy.db' })
    assert.match(output, /^hooks\nhooks\.json\na/)
    assert.match(output, /exit code 1/)
  })

  it('commits to a repository', async () => {
    const { call } = await tempWorkspace({ a: 'one' })
    await call(shellTool({ sandbox: 'off' }), { command: 'git init -q .' })
    const commit = 'git add a && git -c user.name=x -c user.email=x@x commit -qm first && git log --format=%s'
    assert.equal(await call(shell, { command: commit }), 'first\n')
  })

  it('follows no link in the place of what is protected', async () => {
    const { call, outside, path } = await tempWorkspace()
    await mkdir(join(outside, 'hooks'))
    await symlink(outside, path('.git'))
    await symlink(outside, path('.deputy'))
    assert.match(await call(shell, { command: 'ls .git/ .deputy/; echo x > .git/hooks/made' }), /No such file/)
    assert.deepEqual(readdirSync(join(outside, 'hooks')), [])
  })

  it('gains no rights and no namespaces', async () => {
    const { call } = await tempWorkspace()
    const output = await call(shell, {
      command: 'grep CapEff /proc/self/status; unshare -U true; mount -o remount,rw /'
    })
    assert.match(output, /CapEff:\t0000000000000000/)
    assert.match(output, /unshare failed/)
    assert.match(output, /exit code/)
  })

  it('reaches no network, not even that of this machine', async () => {
    const { call } = await tempWorkspace()
    const { asked, at } = await listening()
    assert.equal(await call(shell, { command: asking(at) }), 'ECONNREFUSED\n')
    assert.deepEqual(asked, [])
  })

  it('reaches a host that was opened, and no other', async () => {
    const { call } = await tempWorkspace()
    const [open, closed] = [await listening(), await listening()]
    const tool = shellTool({ sandbox: 'require', open: { hosts: [open.at] } })
    assert.equal(await call(tool, { command: asking(open.at) }), 'here I am\n')
    assert.match(await call(tool, { command: asking(closed.at) }), /not among the hosts that may be reached/)
    assert.deepEqual([open.asked, closed.asked], [['/x'], []])
  })

  it('ends with its exit code, also behind the way out', async () => {
    const { call } = await tempWorkspace()
    for (const tool of [shell, shellTool({ sandbox: 'require', open: { hosts: ['example.org'] } })])
      assert.equal(await call(tool, { command: 'echo said; exit 3' }), 'said\n[exit code 3]')
  })
})

describe('the secrets of this process', () => {
  beforeEach((context) => {
    needsSandbox(context)
    process.env.SOME_API_KEY = 'sesame'
  })
  afterEach(() => void delete process.env.SOME_API_KEY)

  it('are in the environment of no process that a command can see', async () => {
    const { call } = await tempWorkspace()
    const output = await call(shell, { command: 'env; cat /proc/*/environ; ls /proc' })
    assert.ok(!output.includes('sesame'))
    assert.ok(!output.includes(`\n${process.pid}\n`))
  })
})

describe('a sandbox', () => {
  beforeEach(needsSandbox)

  it('bounds how many processes there are', async () => {
    const { call } = await tempWorkspace()
    const tool = shellTool({ sandbox: 'require', open: { limits: { processes: 50 } } })
    // One that ends by itself at a thousand, should nobody end it.
    const bomb = 'bomb() { [ $1 -gt 0 ] && { bomb $(($1 - 1)) & bomb $(($1 - 1)) & }; sleep 30; }; bomb 9 # a bomb'
    const output = await call(tool, { command: bomb })
    assert.match(output, /\[more than 50 processes: was ended\]$/)
    assert.ok(!running().some((line) => line.includes('# a bomb')))
  })

  it('bounds the memory of one process and of all together', async () => {
    const { call } = await tempWorkspace()
    const tool = shellTool({ sandbox: 'require', open: { limits: { memoryMb: 250 } } })
    const grows = `node -e 'const kept = []; setInterval(() => kept.push(Buffer.alloc(1e7, 1)), 20)'`
    assert.match(await call(tool, { command: grows }), /exit code|memory: was ended/)
    const many = Array.from({ length: 4 }, () => `${grows} &`).join(' ')
    assert.match(await call(tool, { command: `${many} wait` }), /more than 250 MB of memory: was ended\]$/)
  })

  it('bounds the size of a file', async () => {
    const { call } = await tempWorkspace()
    const tool = shellTool({ sandbox: 'require', open: { limits: { fileMb: 1 } } })
    assert.match(await call(tool, { command: 'head -c 9000000 /dev/zero > big; stat -c %s big' }), /^1048576$/m)
  })

  it('lets a command that is out of time say something more', async () => {
    const { call } = await tempWorkspace()
    const patient = shellTool({ sandbox: 'require', graceMs: 60_000 })
    const command = 'trap "echo cleaned; exit 0" TERM; while :; do sleep 0.02; done'
    assert.match(
      await call(patient, { command, timeout_ms: 1000 }),
      /cleaned\n\[timed out after 1000 ms and was ended\]$/
    )
  })

  it('takes with it what has left its group and will not end', async () => {
    const { call } = await tempWorkspace()
    const name = `left-${process.pid}`
    const daemon = `(setsid bash -c 'trap "" TERM; touch ready; while :; do sleep 0.05; done # ${name}' >/dev/null 2>&1 &)`
    const ready = 'until [ -e ready ]; do sleep 0.02; done'
    await call(shell, { command: `${daemon}; ${ready}` })
    assert.ok(!running().some((line) => line.includes(`# ${name}`)))
    assert.match(
      await call(shell, { command: `rm ready; ${daemon}; ${ready}; sleep 1000`, timeout_ms: 1500 }),
      /timed out/
    )
    assert.ok(!running().some((line) => line.includes(`# ${name}`)))
  })
})
