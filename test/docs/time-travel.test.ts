import { readFile } from 'node:fs/promises'
import { assert, describe, it } from 'vitest'
import { finish } from '../support/processes.ts'

describe('the page about going back in time', () => {
  it('shows examples/back-in-time.ts as it is, and what it says', async () => {
    const page = await readFile('docs/time-travel.md', 'utf8')
    assert.include(page, (await readFile('examples/back-in-time.ts', 'utf8')).trimEnd())
    const said = await finish('examples/back-in-time.ts', [])
    assert.include(page, `\`\`\`\n${said.map((line) => line.trimEnd()).join('\n')}\n\`\`\``)
  })
})
