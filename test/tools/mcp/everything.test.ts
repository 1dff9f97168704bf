import { spawn } from 'node:child_process'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { assert, describe, it, onTestFinished, vi } from 'vitest'
import type { McpServerInit } from '../../../tools/mcp/server.ts'
import { freePort } from '../../support/free-port.ts'
import { called, hubOf, NEVER } from '../../support/mcp/hubs.ts'

const PACKAGE = createRequire(import.meta.url).resolve('@modelcontextprotocol/server-everything/package.json')
const EVERYTHING = join(dirname(PACKAGE), 'dist/index.js')

/** The reference server in a process of its own, listening. */
async function listening(mode: 'sse' | 'streamableHttp'): Promise<string> {
  const port = await freePort()
  const child = spawn(process.execPath, [EVERYTHING, mode], {
    env: { ...process.env, PORT: String(port) },
    stdio: 'ignore'
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  const base = `http://127.0.0.1:${port}`
  await vi.waitUntil(
    () =>
      fetch(base).then(
        () => true,
        () => false
      ),
    { timeout: 20_000, interval: 100 }
  )
  return base
}

const TRANSPORTS: Record<string, () => Promise<McpServerInit>> = {
  stdio: async () => ({ command: process.execPath, args: [EVERYTHING, 'stdio'] }),
  'streamable HTTP': async () => ({ url: `${await listening('streamableHttp')}/mcp`, reach: ['loopback'] }),
  'HTTP+SSE': async () => ({ type: 'sse', url: `${await listening('sse')}/sse`, reach: ['loopback'] })
}

for (const [name, make] of Object.entries(TRANSPORTS))
  describe(`the reference server over ${name}`, () => {
    it('is listed and called, with progress, images and structured content', async () => {
      const hub = hubOf({ servers: { every: await make() } })
      await hub.refresh(null, NEVER)
      assert.deepEqual(hub.failures(null), {})
      assert.isAbove(hub.now(null).length, 8)
      const echoed = await called(hub, 'every__echo', { message: 'hello' })
      assert.include((echoed as { output: string }).output, 'hello')
      const image = await called(hub, 'every__get-tiny-image')
      assert.match((image as { output: string }).output, /\[image: image\/png, \d+ bytes\]/)
      const refused = await called(hub, 'every__echo', { message: 5 })
      assert.property(refused, 'refused')
    })
  })
