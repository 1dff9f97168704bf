import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { assert, describe, it } from 'vitest'
import type { TurnResult } from '../../runtime/agent-runtime.ts'
import type { Ask } from '../../state/asks.ts'
import { finish, firstLine, killHard, startProcess } from '../support/processes.ts'
import { DURABLE_STORES } from '../support/stores.ts'

const LADDER = new URL('./fixtures/ladder-process.ts', import.meta.url).pathname

for (const [name, makePlace] of DURABLE_STORES) {
  describe(`a process that is killed while three children wait, on ${name}`, () => {
    it('is followed by others that list the asks, answer them one by one and finish, each tool run once', async () => {
      const place = await makePlace()
      const dir = await mkdtemp(join(tmpdir(), 'deputy-effects-'))
      const effectsFile = join(dir, 'effects')
      const next = async (...command: string[]) =>
        JSON.parse((await finish(LADDER, [place.url, effectsFile, ...command]))[0]!)
      try {
        const first = startProcess(LADDER, [place.url, effectsFile, 'start', 'a b c'])
        const { outcome } = JSON.parse(await firstLine(first)) as TurnResult
        assert.equal(outcome.status, 'asking')
        await killHard(first)

        const asks = (await next('asks')) as Ask[]
        assert.deepEqual(asks.map(({ args }) => (args as { what: string }).what).sort(), ['a', 'b', 'c'])
        const results: TurnResult[] = []
        for (const { id } of asks.reverse())
          results.push((await next('answer', id, '{"kind":"approve"}')) as TurnResult)

        assert.deepEqual(
          results.map((result) => result.outcome.status),
          ['asking', 'asking', 'completed']
        )
        assert.deepEqual((await readFile(effectsFile, 'utf8')).trim().split('\n').sort(), ['a', 'b', 'c'])
        assert.deepEqual(await next('asks'), [])
      } finally {
        await rm(dir, { recursive: true, force: true })
        await place.remove()
      }
    }, 120_000)
  })
}
