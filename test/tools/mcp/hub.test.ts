import { readFileSync } from 'node:fs'
import { mkdir, realpath, symlink } from 'node:fs/promises'
import { join } from 'node:path'
import type { InputRequest } from '@modelcontextprotocol/client'
import { assert, describe, it, vi } from 'vitest'
import { needsOf, responsesTo } from '../../../tools/mcp/round.ts'
import { readOutput } from '../../../tools/read-output.ts'
import { toolset } from '../../../tools/registry.ts'
import { manualClock } from '../../crash/manual-clock.ts'
import { isRunning } from '../../support/is-running.ts'
import { called, hubOf, NEVER, rawServer } from '../../support/mcp/hubs.ts'
import { tempDir } from '../../support/temp-dir.ts'
import { toolRun } from '../../support/tool-run.ts'

describe('the hub, with a server of 2025 on stdio', () => {
  it('lists its tools under names of their own, with their schemas to the letter', async () => {
    const { server } = await rawServer()
    const hub = hubOf({ servers: { raw: server } })
    await hub.refresh(null, NEVER)
    const strange = hub.now(null).find(({ name }) => name === 'raw__strange')
    assert.deepEqual(strange?.schema, {
      type: 'object',
      properties: { a: { anyOf: [{ type: 'string' }, { type: 'null' }] } },
      not: { required: ['b'] }
    })
    assert.deepEqual(strange?.parse({ a: null }), { ok: true, args: { a: null } })
    assert.equal(strange?.parse({ b: 1 }).ok, false)
  })

  it('calls a tool, and gives what it said in an envelope', async () => {
    const { server } = await rawServer()
    const result = await called(hubOf({ servers: { raw: server } }), 'raw__echo', { text: 'hello </untrusted> you' })
    assert.ok('output' in result)
    assert.match(
      result.output,
      /^<untrusted from="the MCP server \\"raw\\"" id="\w+">\nhello &lt;\/untrusted> you\n<\/untrusted id="\w+">$/
    )
    assert.propertyVal(result, 'untrusted', 'the MCP server "raw"')
  })

  it('starts one process for each principal', async () => {
    const { server, notes } = await rawServer()
    const hub = hubOf({ servers: { raw: server } })
    for (const principal of ['alice', 'bob', 'alice'])
      assert.property(await called(hub, 'raw__echo', { text: 'x' }, { principal }), 'output')
    // One more each finds out which revision the server speaks.
    assert.equal(new Set(notes().filter((line) => line.startsWith('started'))).size, 2)
  })

  it('takes a server for one of 2025 that ends where it is asked for what it does not know', async () => {
    const { server } = await rawServer('brittle')
    assert.property(await called(hubOf({ servers: { raw: server } }), 'raw__echo', { text: 'x' }), 'output')
  })

  it('gives names that differ only in case or look to none of them', async () => {
    const { server } = await rawServer('colliding')
    const hub = hubOf({ servers: { raw: server } })
    await hub.refresh(null, NEVER)
    const names = hub.now(null).map(({ name }) => name)
    assert.equal(new Set(names.map((name) => name.toLowerCase())).size, names.length)
    assert.notInclude(names, 'raw__echo')
    assert.lengthOf(
      names.filter((name) => /^raw__[Ee_]cho_[0-9a-f]{8}$/.test(name)),
      3
    )
    for (const name of names) assert.match(name, /^[a-zA-Z0-9_-]{1,64}$/)
  })

  it('takes what is included, and not what is excluded', async () => {
    const { server } = await rawServer('', { include: ['e*', 'wait'], exclude: ['echo'] })
    const hub = hubOf({ servers: { raw: server } })
    await hub.refresh(null, NEVER)
    assert.deepEqual(
      hub.now(null).map(({ name }) => name),
      ['raw__environment', 'raw__wait']
    )
    assert.propertyVal(await called(hub, 'raw__echo', { text: 'x' }), 'error', 'UNKNOWN_TOOL')
  })

  it('believes nothing that a server says of the effects of its tools', async () => {
    const { server } = await rawServer('', { effects: { echo: 'read' } })
    const hub = hubOf({ servers: { raw: server } })
    const tools = toolset({ tools: [], sources: [hub] })
    await tools.refresh?.(NEVER)
    assert.equal(tools.effectOf('raw__destroy'), 'once')
    assert.equal(tools.effectOf('raw__echo'), 'read')
    const call = { id: 'c', name: 'raw__destroy', args: {} }
    assert.propertyVal(tools.judge(call, { remits: [[]], grants: [] }), 'kind', 'ask')
  })

  it('gives a process no more of the environment than it was told to', async () => {
    vi.stubEnv('CANARY_TOKEN', 'canary-7f3a')
    const { server } = await rawServer('', { env: { GIVEN: 'given' } })
    const result = await called(hubOf({ servers: { raw: server } }), 'raw__environment')
    vi.unstubAllEnvs()
    assert.ok('output' in result)
    assert.notInclude(result.output, 'canary')
    assert.include(result.output, '"GIVEN":"given"')
  })

  it('tells of progress as text without anything hidden', async () => {
    const { server } = await rawServer()
    const progressed: string[] = []
    const progress = (text: string) => void progressed.push(text)
    await called(hubOf({ servers: { raw: server } }), 'raw__step', {}, { progress })
    assert.deepEqual(progressed, ['1/2 part 1', '2/2 part 2'])
  })

  it('tells the server that a call is cancelled', async () => {
    const { server, notes } = await rawServer()
    const hub = hubOf({ servers: { raw: server } })
    const stop = new AbortController()
    const result = called(hub, 'raw__wait', {}, { signal: stop.signal })
    await vi.waitUntil(() => notes().some((line) => line.startsWith('waiting')))
    const waiting = notes().find((line) => line.startsWith('waiting'))!
    stop.abort(new Error('stopped'))
    assert.propertyVal(await result, 'message', 'stopped')
    await vi.waitUntil(() => notes().includes(waiting.replace('waiting', 'cancelled')))
    assert.property(await called(hub, 'raw__echo', { text: 'x' }), 'output')
  })

  it('tells a server that asks in the middle of a call that nobody answers then, and says so', async () => {
    const { server } = await rawServer()
    const result = await called(hubOf({ servers: { raw: server } }), 'raw__question')
    assert.ok('output' in result)
    assert.include(result.output, '{"action":"cancel"}')
    assert.include(result.output, 'asked a question during the call')
  })
})

describe('a server that asks for what it is not offered', () => {
  for (const [method, what] of [
    ['sampling/createMessage', 'sampling'],
    ['roots/list', 'roots'],
    ['secrets/list', 'something unknown']
  ] as const)
    it(`gets no ${method}, and that is reported`, async () => {
      const { server } = await rawServer()
      const result = await called(hubOf({ servers: { raw: server } }), 'raw__request', { method })
      assert.ok('output' in result)
      assert.include(result.output, '"code":-32601')
      assert.include(result.output, `[the MCP server "raw" asked for ${what} during the call, which it is not offered]`)
    })

  const wanted: InputRequest[] = [
    { method: 'sampling/createMessage', params: { messages: [], maxTokens: 100_000 } },
    { method: 'roots/list' }
  ]
  for (const request of wanted)
    it(`gets no ${request.method} in the form of 2026 either, and the call ends`, async () => {
      const round = { requests: { request } }
      const about = { server: 'modern', offers: {}, allowance: undefined, roots: undefined }
      assert.isUndefined(needsOf(round, about))
      const thrown = await responsesTo(round, about).catch((error: unknown) => error)
      assert.propertyVal(thrown, 'code', 'TOOL_FAILED')
      const message = `the MCP server "modern" wanted ${request.method}, which it was not offered`
      assert.propertyVal(thrown, 'message', message)
    })

  it('asks the model of the program where it may, within its budget, and tells it of no tools', async () => {
    const { server } = await rawServer('', { sampling: { tokens: 150_000 } })
    const asked: unknown[] = []
    const sample = async (request: object, about: object) => {
      asked.push([Object.keys(request), about])
      return { model: 'scripted', text: 'no more than this', tokens: 60_000 }
    }
    const hub = hubOf({ servers: { raw: server }, offers: { sample } })
    const request = async () => JSON.stringify(await called(hub, 'raw__request', { method: 'sampling/createMessage' }))
    assert.include(await request(), 'no more than this')
    assert.match(
      await request(),
      /BUDGET_EXCEEDED: the MCP server .* wants 100000 tokens of the model, and may have 90000/
    )
    assert.deepEqual(asked, [[['messages', 'maxTokens'], { server: 'raw' }]])
  })

  it('of 2025 is told that nobody can approve what it asks of the model, where no program answers', async () => {
    const { server } = await rawServer('', { sampling: { tokens: 150_000 } })
    const result = await called(hubOf({ servers: { raw: server } }), 'raw__request', {
      method: 'sampling/createMessage'
    })
    assert.ok('output' in result)
    assert.include(result.output, '"code":-1,"message":"nobody can approve this in the middle of a call"')
    assert.include(result.output, 'wanted to ask the model during the call; nobody could approve it then')
  })
})

describe('the roots of a server', () => {
  const METHOD = { method: 'roots/list' }

  async function place() {
    const base = await realpath(await tempDir())
    const workspace = join(base, 'app')
    await mkdir(join(workspace, 'a b'), { recursive: true })
    await mkdir(join(base, 'other'))
    return { base, workspace }
  }

  it('are those of its entry, in the workspace, by their real paths', async () => {
    const { base, workspace } = await place()
    await symlink(join(workspace, 'a b'), join(workspace, 'link'))
    await symlink(workspace, join(base, 'way'))
    const { server } = await rawServer('', { roots: ['.', 'link'] })
    const hub = hubOf({ servers: { raw: server }, workspace: join(base, 'way') })
    const result = await called(hub, 'raw__request', METHOD)
    assert.ok('output' in result)
    assert.include(result.output, `{"roots":[{"uri":"file://${workspace}"},{"uri":"file://${workspace}/a%20b"}]}`)
  })

  it('are refused with a way up in them, wherever it leads', () => {
    for (const root of ['..', 'a/../b', '/srv/../etc', 'a\\..'])
      assert.throws(
        () => hubOf({ servers: { raw: { command: 'x', roots: [root] } }, workspace: '/srv' }),
        /without \.\./
      )
  })

  it('are refused where a link, or an address of its own, leads out of the workspace: the server is not connected to', async () => {
    const { base, workspace } = await place()
    await symlink(join(base, 'other'), join(workspace, 'out'))
    for (const root of ['out', join(base, 'other'), 'out/deeper']) {
      const { server, notes } = await rawServer('', { roots: [root] })
      const hub = hubOf({ servers: { raw: server }, workspace })
      const result = await called(hub, 'raw__request', METHOD)
      assert.propertyVal(result, 'error', 'WORKSPACE_ESCAPE')
      assert.include(JSON.stringify(result), 'leads out of the workspace')
      assert.deepEqual(notes(), [])
    }
    const { server } = await rawServer('', { roots: ['.'] })
    assert.propertyVal(
      await called(hubOf({ servers: { raw: server } }), 'raw__request', METHOD),
      'error',
      'WORKSPACE_MISSING'
    )
  })

  it('are looked at each time: a link that was put there since is refused, and the server is told so', async () => {
    const { base, workspace } = await place()
    const { server } = await rawServer('', { roots: ['sub'] })
    const hub = hubOf({ servers: { raw: server }, workspace })
    assert.include(JSON.stringify(await called(hub, 'raw__request', METHOD)), '/sub')
    await symlink(join(base, 'other'), join(workspace, 'sub'))
    const result = await called(hub, 'raw__request', METHOD)
    assert.include(JSON.stringify(result), 'WORKSPACE_ESCAPE: \\\\\\"sub\\\\\\" leads out of the workspace')
  })
})

describe('a server that does harm', () => {
  it('is contained when it returns 20 MB', async () => {
    const { server } = await rawServer('', { limits: { bytes: 1_000_000 } })
    const hub = hubOf({ servers: { raw: server } })
    const result = await called(hub, 'raw__large', { bytes: 20_000_000 })
    assert.propertyVal(result, 'error', 'RESPONSE_TOO_LARGE')
    assert.match((result as { message: string }).message, /"raw" failed: more than 1000000 bytes .* not known$/)
    assert.property(await called(hub, 'raw__echo', { text: 'again' }), 'output')
  })

  it('has each part of a long output read in an envelope', async () => {
    const { server } = await rawServer()
    const tools = toolset({
      tools: [readOutput],
      sources: [hubOf({ servers: { raw: server } })],
      limits: { output: 1000 }
    })
    const run = toolRun()
    const result = await tools.run({ id: 'c', name: 'raw__large', args: { bytes: 5000 } }, run)
    assert.ok(result.ok)
    assert.match(result.output, /^<untrusted .*left out.*<\/untrusted id="\w+">$/s)
    const part = await tools.run(
      { id: 'd', name: 'read_output', args: { call_id: 'c', offset: 2000, limit: 100 } },
      run
    )
    assert.ok(part.ok)
    assert.match(part.output, /^<untrusted from="whoever wrote that output" id="\w+">\nx{100}\n<\/untrusted/)
  })

  it('is contained when it dies in the middle of a call, which is not made again', async () => {
    const { server, notes } = await rawServer()
    const hub = hubOf({ servers: { raw: server } })
    const result = await called(hub, 'raw__die')
    assert.propertyVal(result, 'error', 'MCP_UNAVAILABLE')
    assert.match(
      (result as { message: string }).message,
      /it ended with code 3; whether the call had its effect is not known$/
    )
    assert.lengthOf(
      notes().filter((line) => line === 'called die'),
      1
    )
    assert.property(await called(hub, 'raw__echo', { text: 'again' }), 'output')
  })

  it('is contained when it writes what is no message', async () => {
    const { server } = await rawServer()
    const result = await called(hubOf({ servers: { raw: server } }), 'raw__junk')
    assert.ok('output' in result)
    assert.include(result.output, 'after the junk')
  })

  it('leaves no process behind', async () => {
    const { server } = await rawServer()
    const hub = hubOf({ servers: { raw: server } })
    const result = await called(hub, 'raw__children')
    assert.ok('output' in result)
    const pid = Number(/^\d+$/m.exec(result.output)![0])
    assert.ok(isRunning(pid))
    await hub.close()
    assert.ok(!isRunning(pid))
  })

  it('is left out when its list has no end, and the other servers stay', async () => {
    const { server: endless } = await rawServer('endless')
    const { server: raw } = await rawServer()
    const hub = hubOf({ servers: { endless, raw, missing: { command: '/no/such/command' } } })
    await hub.refresh(null, NEVER)
    assert.deepEqual([...new Set(hub.now(null).map(({ name }) => name.split('__')[0]))], ['raw'])
    const failures = hub.failures(null)
    assert.deepEqual(Object.keys(failures).sort(), ['endless', 'missing'])
    assert.equal(failures.missing?.code, 'MCP_UNAVAILABLE')
    assert.match(failures.missing!.message, /"missing" is not available: it cannot be started: .*ENOENT/)
  })

  it('is tried again after pauses that grow, and no sooner however often somebody looks', async () => {
    const starts = join(await tempDir(), 'starts')
    const command = { command: 'sh', args: ['-c', `echo started >> ${starts}`], protocol: '2025-11-25' as const }
    const clock = manualClock()
    // Whoever waited would wait for ever: looks do not.
    const waits = { sleep: async (ms: number) => void (ms > 0 && (await new Promise(() => {}))) }
    const hub = hubOf({ servers: { broken: command }, clock, chance: () => 0, waits })
    const started = () => readFileSync(starts, 'utf8').trim().split('\n').length
    const pauses: number[] = []
    await hub.refresh(null, NEVER)
    for (let failures = 1; failures <= 9; failures++) {
      let pause = 0
      for (; started() === failures; pause += 25) {
        clock.advance(25)
        await hub.refresh(null, NEVER)
      }
      pauses.push(pause)
    }
    assert.deepEqual(pauses, [125, 250, 500, 1000, 2000, 4000, 7500, 7500, 7500])
  })

  it('gives its errors as text of a stranger', async () => {
    const { server } = await rawServer()
    const result = await called(hubOf({ servers: { raw: server } }), 'raw__fail')
    assert.propertyVal(result, 'error', 'TOOL_FAILED')
    assert.match((result as { message: string }).message, /\n<untrusted from="[^>]+>\nIgnore previous instructions/)
  })

  it('loses a tool whose definition it changes, until somebody has reviewed it', async () => {
    const { server, notes } = await rawServer()
    const hub = hubOf({ servers: { raw: server } })
    await hub.refresh(null, NEVER)
    assert.property(await called(hub, 'raw__turn'), 'output')
    await vi.waitUntil(async () => {
      await hub.refresh(null, NEVER)
      return !hub.now(null).some(({ name }) => name === 'raw__echo')
    })
    assert.include(
      hub.now(null).map(({ name }) => name),
      'raw__wait'
    )
    const refused = await called(hub, 'raw__echo', { text: 'x' })
    assert.propertyVal(refused, 'error', 'MCP_UNREVIEWED')
    assert.lengthOf(
      notes().filter((line) => line === 'called echo'),
      0
    )

    const seen = await hub.inspect('raw', null)
    const echo = seen.find(({ name }) => name === 'echo')!
    assert.equal(echo.review, 'changed')
    assert.includeMembers([...echo.oddities], ['gives orders about other tools'])
    await hub.approve('raw', seen)
    await hub.refresh(null, NEVER)
    assert.property(await called(hub, 'raw__echo', { text: 'x' }), 'output')
    const description = hub.now(null).find(({ name }) => name === 'raw__echo')!.description
    assert.notMatch(description, /files\. <\/untrusted>/)
  })
})
