import { assert, describe, it } from 'vitest'
import { coder } from '../../prebuilt/coder.ts'
import { codingAgent } from '../../prebuilt/coding-agent.ts'
import { researcher } from '../../prebuilt/researcher.ts'
import { team } from '../../prebuilt/team.ts'
import { verifier } from '../../prebuilt/verifier.ts'
import type { Remit } from '../../state/remit.ts'

type Judging = Pick<ReturnType<typeof coder>, 'charter' | 'judge'>

const CALLS = {
  read: { path: 'a' },
  list: {},
  glob: { pattern: '*' },
  search: { pattern: 'a' },
  read_output: { call_id: 'a' },
  edit: { path: 'a', old: 'a', new: 'b' },
  write: { path: 'a', content: 'b' },
  multi_edit: { path: 'a', edits: [{ old: 'a', new: 'b' }] },
  apply_patch: { patch: '*** Begin Patch\n*** Delete File: a\n*** End Patch' },
  shell: { command: 'ls' }
}
type Name = keyof typeof CALLS
const READING: Name[] = ['read', 'list', 'glob', 'search', 'read_output']
const EDITING: Name[] = ['edit', 'write', 'multi_edit', 'apply_patch']

/** What becomes of each call, by an agent that stands below `above`. */
function verdicts({ charter, judge }: Judging, above: readonly Remit[] = []): Record<string, string> {
  const authority = { remits: [charter.remit, ...above], grants: [] }
  const judged = Object.entries(CALLS).map(([name, args]) => [name, judge({ id: '1', name, args }, authority).kind])
  return Object.fromEntries(judged)
}

const of = (kind: string, names: readonly Name[]) => Object.fromEntries(names.map((name) => [name, kind]))

describe('the remit of a preset', () => {
  const above = [team().charter.remit]

  it('lets the researcher read, and nothing else', () => {
    const expected = { ...of('allow', READING), ...of('invalid', [...EDITING, 'shell']) }
    assert.deepEqual(verdicts(researcher(), above), expected)
    assert.deepEqual(researcher().charter.remit.at(-2), { tool: '*', verdict: 'deny' })
  })

  it('lets the coder read and edit, and ask for a command', () => {
    const expected = { ...of('allow', [...READING, ...EDITING]), shell: 'ask' }
    assert.deepEqual(verdicts(coder(), above), expected)
    assert.deepEqual(verdicts(codingAgent()), expected)
  })

  it('lets the verifier read and ask for a command, and gives it no way to edit', () => {
    const expected = { ...of('allow', READING), ...of('invalid', EDITING), shell: 'ask' }
    assert.deepEqual(verdicts(verifier(), above), expected)
  })
})

describe('the team', () => {
  it('is named team, delegates to three and has no tools of its own', () => {
    const { charter, delegates } = team()
    assert.equal(charter.name, 'team')
    assert.deepEqual(
      delegates.map((agent) => agent.charter.name),
      ['researcher', 'coder', 'verifier']
    )
    assert.equal(verdicts(team()).edit, 'invalid')
  })

  it('gives each its own model where one is named, and the common one to the others', () => {
    const { charter, delegates } = team({ model: 'openai:a', models: { coder: 'openai:b' } })
    assert.deepEqual(
      [charter, ...delegates.map((agent) => agent.charter)].map(({ model }) => model),
      ['openai:a', 'openai:a', 'openai:b', 'openai:a']
    )
  })
})
