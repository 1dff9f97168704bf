import { readFile } from 'node:fs/promises'
import { assert, describe, it } from 'vitest'
import { codingTools, patchingTools } from '../../tools/coding/index.ts'
import { askParent, DELEGATE, recallTool, rememberTool, skillTool, todo, webFetchTool } from '../../tools/index.ts'
import { readOutput } from '../../tools/read-output.ts'
import { TASK } from '../../tools/task.ts'
import { finish } from '../support/processes.ts'

const page = await readFile('docs/tools.md', 'utf8')

describe('the page about tools', () => {
  it('shows examples/tool-belt/belt.ts as it is, and what it says', async () => {
    assert.include(page, (await readFile('examples/tool-belt/belt.ts', 'utf8')).trimEnd())
    const said = await finish('examples/tool-belt/belt.ts', [])
    assert.include(page, `\`\`\`\n${said.map((line) => line.trimEnd()).join('\n')}\n\`\`\``)
  })

  it('has every tool in its table, and no other', () => {
    const others = [todo, askParent, rememberTool(), recallTool(), skillTool({ list: [] }), webFetchTool(), readOutput]
    const tools = [...codingTools, ...patchingTools, ...others].map(({ name }) => name)
    const rows = page.split('\n').filter((line) => line.startsWith('| `') && !line.includes('limits.'))
    const named = rows.flatMap((row) => [...row.split('|')[1]!.matchAll(/`(\w+)`/g)].map(([, name]) => name))
    assert.sameMembers(named, [...tools, DELEGATE, TASK])
  })
})
