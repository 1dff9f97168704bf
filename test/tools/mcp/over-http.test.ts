import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { toNodeHandler } from '@modelcontextprotocol/node'
import { createMcpHandler, McpServer } from '@modelcontextprotocol/server'
import { assert, describe, it, onTestFinished, vi } from 'vitest'
import { z } from 'zod'
import type { McpServerInit } from '../../../tools/mcp/server.ts'
import { builtFile } from '../../support/built.ts'
import { freePort } from '../../support/free-port.ts'
import { called, hubOf, NEVER } from '../../support/mcp/hubs.ts'
import { tempDir } from '../../support/temp-dir.ts'

const FILE = builtFile(join(import.meta.dirname, '../../support/mcp/raw-http-server.ts'))

/** The raw server as a process that listens, what it noted, and the way to start it where it was. */
async function rawServer(more: Partial<McpServerInit> = {}) {
  const notes = join(await tempDir(), 'notes')
  const port = await freePort()
  const noted = () => (existsSync(notes) ? readFileSync(notes, 'utf8').trim().split('\n') : [])
  async function start() {
    const before = count('listening')
    const child = spawn(process.execPath, [FILE, notes, String(port)], { stdio: 'ignore' })
    onTestFinished(() => void child.kill('SIGKILL'))
    await vi.waitUntil(() => count('listening') > before, { timeout: 20_000 })
    return { ended: once(child, 'exit') }
  }
  const count = (line: string) => noted().filter((each) => each === line).length
  const server = { url: `http://127.0.0.1:${port}/mcp`, reach: ['loopback'], ...more } as McpServerInit
  return { server, noted, count, start }
}

describe('a server over HTTP that does harm', () => {
  for (const [tool, what] of [
    ['large', 'a body'],
    ['large-event', 'an event']
  ] as const)
    it(`is contained when it returns 20 MB in ${what}`, async () => {
      const { server, start, count } = await rawServer({ limits: { bytes: 1_000_000 } })
      await start()
      const hub = hubOf({ servers: { raw: server } })
      const result = await called(hub, `raw__${tool}`, { bytes: 20_000_000 })
      assert.propertyVal(result, 'error', 'RESPONSE_TOO_LARGE')
      assert.match((result as { message: string }).message, /"raw" failed: more than 1000000 bytes .* not known$/)
      assert.equal(count(`called ${tool}`), 1)
      assert.property(await called(hub, 'raw__echo'), 'output')
    })

  for (const [tool, what] of [
    ['die', 'in the middle of its events'],
    ['die-in-json', 'in the middle of its answer']
  ] as const)
    it(`is contained when it dies ${what}, and found when it is back`, async () => {
      const { server, start, count } = await rawServer()
      const { ended } = await start()
      const hub = hubOf({ servers: { raw: server } })
      const result = await called(hub, `raw__${tool}`)
      assert.propertyVal(result, 'error', 'MCP_UNAVAILABLE')
      assert.match((result as { message: string }).message, /whether the call had its effect is not known/)
      await ended
      assert.propertyVal(await called(hub, 'raw__echo'), 'error', 'MCP_UNAVAILABLE')
      await start()
      assert.property(await called(hub, 'raw__echo'), 'output')
      assert.equal(count(`called ${tool}`), 1)
    })

  it('is contained when it hangs up in the middle of a call, which is not made again', async () => {
    const { server, start, count } = await rawServer()
    await start()
    const hub = hubOf({ servers: { raw: server } })
    const result = await called(hub, 'raw__hang-up')
    assert.propertyVal(result, 'error', 'MCP_UNAVAILABLE')
    assert.match(
      (result as { message: string }).message,
      /"raw" is not available: the connection broke before its answer came; .* not known$/
    )
    assert.property(await called(hub, 'raw__echo'), 'output')
    assert.equal(count('called hang-up'), 1)
  })
})

describe('a call over HTTP that is cancelled', () => {
  it('is reported to a server of 2025', async () => {
    const { server, start, noted } = await rawServer()
    await start()
    const hub = hubOf({ servers: { raw: server } })
    const stop = new AbortController()
    const result = called(hub, 'raw__wait', {}, { signal: stop.signal })
    await vi.waitUntil(() => noted().some((line) => line.startsWith('waiting')))
    const waiting = noted().find((line) => line.startsWith('waiting'))!
    stop.abort(new Error('stopped'))
    assert.propertyVal(await result, 'message', 'stopped')
    await vi.waitUntil(() => noted().includes(waiting.replace('waiting', 'cancelled')))
    assert.property(await called(hub, 'raw__echo'), 'output')
  })

  it('ends the work of a server of 2026', async () => {
    const { url, seen } = await modernServer()
    const hub = hubOf({ servers: { modern: { url, reach: ['loopback'], protocol: '2026-07-28' } } })
    await hub.refresh(null, NEVER)
    const stop = new AbortController()
    const result = called(hub, 'modern__wait', {}, { signal: stop.signal })
    await vi.waitUntil(() => seen.includes('waiting'))
    stop.abort(new Error('stopped'))
    assert.propertyVal(await result, 'message', 'stopped')
    await vi.waitUntil(() => seen.includes('ended'))
    assert.property(await called(hub, 'modern__echo'), 'output')
  })
})

/** A server of 2026 that listens, with a tool that waits until its work is ended. */
async function modernServer() {
  const seen: string[] = []
  const text = (said: string) => ({ content: [{ type: 'text' as const, text: said }] })
  const handle = toNodeHandler(
    createMcpHandler(() => {
      const server = new McpServer({ name: 'modern', version: '1' })
      server.registerTool('echo', { inputSchema: z.object({}) }, () => text('here'))
      server.registerTool('wait', { inputSchema: z.object({}) }, async (_args, { mcpReq: { signal } }) => {
        seen.push('waiting')
        await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }))
        seen.push('ended')
        return text('ended')
      })
      return server
    })
  )
  const server = createServer((request, response) => void handle(request as never, response as never))
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/mcp`
  return { url, seen }
}
