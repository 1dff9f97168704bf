import { assert, describe, it } from 'vitest'
import { called, hubOf } from '../../support/mcp/hubs.ts'
import { sseServer } from '../../support/mcp/sse-server.ts'

const at = (url: string) => ({ servers: { old: { type: 'sse' as const, url, reach: ['loopback' as const] } } })

describe('a server over HTTP+SSE', () => {
  for (const [tool, how] of [
    ['break', 'breaks'],
    ['end', 'ends']
  ] as const)
    it(`whose stream ${how} in the middle of a call is lost at once, and found again by the next call`, async () => {
      const { url, calls, sessions } = await sseServer()
      const hub = hubOf(at(url))
      assert.property(await called(hub, 'old__echo'), 'output')
      const result = await called(hub, `old__${tool}`)
      assert.propertyVal(result, 'error', 'MCP_UNAVAILABLE')
      assert.match(
        (result as { message: string }).message,
        /"old" is not available: the connection broke before its answer came; .* not known$/
      )
      assert.property(await called(hub, 'old__echo'), 'output')
      assert.deepEqual(calls, ['echo', tool, 'echo'])
      assert.equal(sessions(), 2)
    })

  it('is waited for, longer each time, where it does not come back', async () => {
    const { url, close } = await sseServer()
    const pauses: number[] = []
    const sleep = async (ms: number) => void pauses.push(ms)
    const hub = hubOf({ ...at(url), waits: { sleep }, clock: { now: () => 0 }, chance: () => 0 })
    await called(hub, 'old__echo')
    close()
    for (let attempt = 0; attempt < 3; attempt++)
      assert.propertyVal(await called(hub, 'old__echo'), 'error', 'MCP_UNAVAILABLE')
    const waits = pauses.filter((ms) => ms > 0)
    assert.isAbove(waits.length, 0)
    assert.deepEqual(waits, [125, 250].slice(0, waits.length))
  })
})
