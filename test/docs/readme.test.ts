import { readFile } from 'node:fs/promises'
import { assert, describe, it } from 'vitest'
import { agentLoop } from '../../graphs/agent-loop.ts'
import { supervisor } from '../../graphs/supervisor.ts'
import { finish } from '../support/processes.ts'

const readme = await readFile('README.md', 'utf8')
const { scripts } = JSON.parse(await readFile('package.json', 'utf8'))

describe('the README', () => {
  for (const example of ['waiter', 'evening'])
    it(`shows examples/${example}.ts as it is`, async () => {
      assert.include(readme, await readFile(`examples/${example}.ts`, 'utf8'))
    })

  for (const [name, graph] of [
    ['agent loop', agentLoop()],
    ['supervisor', supervisor()]
  ] as const)
    it(`shows the ${name} as it draws itself`, async () => {
      const drawing = await graph.compile().getGraphAsync()
      assert.include(readme, drawing.drawMermaid({ withStyles: false }).trim())
    })

  it('names only scripts that exist', () => {
    for (const [, script] of readme.matchAll(/npm run (?:-s )?(\w+)/g)) assert.property(scripts, script!)
  })

  it('has an example that does what it says', async () => {
    const said = await finish('examples/evening.ts', [])
    assert.deepEqual(said, ["waiter asks to book { day: 'Friday' }", "{ status: 'completed', text: 'Friday at 8.' }"])
  })
})
