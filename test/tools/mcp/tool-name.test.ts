import fc from 'fast-check'
import { assert, describe, it } from 'vitest'
import { toolNames } from '../../../tools/mcp/tool-name.ts'

describe('the names of tools of servers', () => {
  it('stay what they are, behind the name of the server', () => {
    assert.deepEqual(
      [...toolNames('git', ['a_b', 'log'])],
      [
        ['a_b', 'git__a_b'],
        ['log', 'git__log']
      ]
    )
  })

  it('are never one for two tools, whatever the servers and the tools are called', () => {
    const server = fc.stringMatching(/^[a-z][a-z0-9-]{0,23}$/)
    const tools = fc.uniqueArray(
      fc.oneof(
        fc.string({ unit: 'binary' }),
        fc.constantFrom('a', 'A', 'а', 'a_b', '_b', 'x'.repeat(80), 'x'.repeat(81))
      )
    )
    fc.assert(
      fc.property(fc.uniqueArray(fc.tuple(server, tools), { selector: ([name]) => name }), (servers) => {
        const names = servers.flatMap(([name, all]) => [...toolNames(name, all).values()])
        assert.equal(new Set(names.map((name) => name.toLowerCase())).size, names.length)
        for (const name of names) assert.match(name, /^[a-zA-Z0-9_-]{1,64}$/)
      })
    )
  })
})
