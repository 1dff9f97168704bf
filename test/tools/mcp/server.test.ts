import { assert, describe, it } from 'vitest'
import { checkedServers } from '../../../tools/mcp/server.ts'

const taken =
  (...names: string[]) =>
  () =>
    checkedServers(Object.fromEntries(names.map((name) => [name, { command: 'x' }])))

describe('the names of servers', () => {
  for (const [name, what] of [
    ['gitl\u0430b', 'a letter of another alphabet'],
    ['ｇitlab', 'a letter of another width'],
    ['gitlab\u200b', 'what cannot be seen'],
    ['GitLab', 'capitals'],
    ['git_lab', '_, which ends them'],
    ['1password', 'a digit before all others']
  ] as const)
    it(`are without ${what}`, () => assert.throws(taken(name), /lower case letters, digits and -/))

  for (const [one, other] of [
    ['gitlab', 'git1ab'],
    ['gitlab', 'git-lab'],
    ['docs', 'd0cs'],
    ['modern', 'modem'],
    ['web', 'vveb']
  ] as const)
    it(`are not taken for each other: ${one} and ${other}`, () =>
      assert.throws(taken('files', one, other), `"${one}" and "${other}" look like one`))

  it('may be near to each other', () => {
    assert.doesNotThrow(taken('mail', 'mall', 'db-1', 'db-2', 'docs', 'doc'))
  })
})
