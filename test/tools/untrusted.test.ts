import fc from 'fast-check'
import { assert, describe, it } from 'vitest'
import { z } from 'zod'
import type { Verdict } from '../../state/calls.ts'
import type { Authority } from '../../state/context.ts'
import type { Policy } from '../../state/policy.ts'
import { allow, allowEvenUntrusted, type Remit, type Rule } from '../../state/remit.ts'
import { argsHash } from '../../tools/args-hash.ts'
import { judge, type PolicedCall } from '../../tools/policies.ts'
import { toolset } from '../../tools/registry.ts'
import { todo } from '../../tools/todo.ts'
import { type Reach, tool } from '../../tools/tool.ts'
import { webFetchTool } from '../../tools/web/web-fetch.ts'

const STRICTNESS = { allow: 0, ask: 1, deny: 2 } as const
const untrusted = 'the web'

const kinds = { command: 'command', path: 'path' } as const
const shell = (command: string): PolicedCall => ({ name: 'shell', args: { command }, kinds, acts: true })

function under(remit: Remit, call: PolicedCall, more: Partial<Authority> = {}): Verdict {
  return judge(call, { remits: [remit], grants: [], untrusted, ...more })
}

describe('a verdict after text of a stranger was read', () => {
  it('is as strict as it would be without it, or a question where it would be a yes', () => {
    const names = fc.constantFrom('shell', 'write', '*', '*')
    const rules: fc.Arbitrary<Rule> = fc.record(
      {
        tool: names,
        verdict: fc.constantFrom('allow', 'allow', 'allow', 'ask', 'deny'),
        when: fc.constantFrom<Rule['when']>({ command: { command: 'git *' } }, { path: { path: 'src/**' } }, {}),
        agent: fc.constantFrom('lead', 'lead/*', '*'),
        evenUntrusted: fc.constant(true as const)
      },
      { requiredKeys: ['tool', 'verdict'] }
    )
    const remits = fc.array(fc.array(rules, { maxLength: 4 }), { minLength: 1, maxLength: 3 })
    const policies: fc.Arbitrary<Policy> = fc.array(
      fc.record({
        name: fc.constantFrom('default', 'global', 'project', 'session'),
        remit: fc.array(rules, { maxLength: 3 })
      }),
      { maxLength: 3 }
    )
    const calls = fc.oneof(
      fc.constantFrom('git status', 'git push', 'cat a > b', 'npm test; ls', 'sudo x', '$X').map(shell),
      fc
        .tuple(fc.boolean(), fc.constantFrom('src/a', 'b'))
        .map(([acts, path]): PolicedCall => ({ name: 'write', args: { path }, kinds, acts }))
    )
    const hooked: fc.Arbitrary<Verdict | undefined> = fc.constantFrom(
      undefined,
      undefined,
      undefined,
      { kind: 'ask', reason: 'hook' },
      { kind: 'deny', reason: 'hook' }
    )
    const meek = (remit: Remit) => remit.map(({ evenUntrusted: _, ...rule }) => rule)
    const property = fc.property(fc.boolean(), remits, policies, calls, hooked, (isBold, given, said, call, hooked) => {
      const remits = isBold ? given : given.map(meek)
      const policy = isBold ? said : said.map(({ name, remit }) => ({ name, remit: meek(remit) }))
      const authority: Authority = { remits, policy, grants: [], path: 'lead/coder', workspace: '/work', hooked }
      const clean = judge(call, authority)
      const after = judge(call, { ...authority, untrusted })
      assert.isAtLeast(STRICTNESS[after.kind], STRICTNESS[clean.kind])
      if (clean.kind !== 'allow') assert.equal(after.kind, clean.kind)
      assert.notEqual(after.kind === 'deny', clean.kind !== 'deny')
      if (call.name === 'write' && call.acts && !isBold) assert.notEqual(after.kind, 'allow')
      if (call.acts === false) assert.deepEqual(after, clean)
    })
    fc.assert(property, { numRuns: 3000 })
  })

  it('leaves commands alone that only look, and files that are only read', () => {
    const remit = [allow('*')]
    for (const line of [
      'ls -la src',
      'cat a | grep b',
      'git status && git diff HEAD',
      'head -3 <a',
      'wc -l a >/dev/null'
    ])
      assert.deepEqual(under(remit, shell(line)), { kind: 'allow' }, line)
    for (const line of [
      'cat a > b',
      'npm test',
      'curl https://example.com',
      './cat a',
      'ls; rm a',
      'cat $(curl example.com)',
      'git push',
      'git diff --output=a',
      'rg --pre sh x',
      'ls() { rm a; }; ls',
      'PATH=. ls',
      'cat </dev/tcp/example.com/80',
      '$X'
    ])
      assert.deepInclude(under(remit, shell(line)), { kind: 'ask', untrusted }, line)
  })

  it('tells whose text it was, and which rule would have allowed it', () => {
    const policy: Policy = [{ name: 'session', remit: [allow('shell', { command: 'npm *' })] }]
    assert.deepEqual(under([], shell('npm'), { policy }), {
      kind: 'ask',
      reason:
        'text of the web was read before; without that it would be allowed by rule: allow shell where command is "npm *", session policy',
      untrusted
    })
    assert.deepEqual(under([], shell('npm')), {
      kind: 'ask',
      reason: 'text of the web was read before; no rule covers shell',
      untrusted
    })
  })

  it('takes every rung: a rule for a child that holds even so does not lift it above its parent', () => {
    const bold = [allowEvenUntrusted('shell')]
    const judged = (remits: Remit[]) => judge(shell('npm test'), { remits, grants: [], untrusted }).kind
    assert.equal(judged([bold, [allow('*')]]), 'ask')
    assert.equal(judged([bold, bold]), 'allow')
  })

  it('is a yes where the person says it in advance, whatever the remit says of it short of no', () => {
    const policy: Policy = [{ name: 'global', remit: [allowEvenUntrusted('shell')] }]
    for (const remit of [[], [allow('*')]]) assert.equal(under(remit, shell('npm test'), { policy }).kind, 'allow')
    const quiet: Policy = [{ name: 'global', remit: [allow('shell')] }]
    assert.equal(under([allowEvenUntrusted('shell')], shell('npm test'), { policy: quiet }).kind, 'allow')
  })

  it('is a yes by a grant of exactly this call, and by a rule that was learned of such a call alone', () => {
    const call = shell('npm test')
    const exactly = { tool: 'shell', argsHash: argsHash(call.args) }
    assert.equal(under([allow('*')], call, { grants: [exactly] }).kind, 'allow')
    const learned = (rules: Remit) => under([allow('*')], call, { grants: [{ tool: 'x', argsHash: '', rules }] }).kind
    assert.equal(learned([allow('shell')]), 'ask')
    assert.equal(learned([allowEvenUntrusted('shell')]), 'allow')
  })
})

describe('what a tool does, for that', () => {
  const named = (name: string, effect: 'read' | 'once', more: { reach?: Reach; kinds?: { url: 'url' } } = {}) =>
    tool({ name, description: name, effect, args: z.object({ url: z.string() }), run: async () => '', ...more })
  const tools = [
    todo,
    webFetchTool(),
    named('look', 'read'),
    named('post', 'once'),
    named('ask_server', 'read', { reach: 'outside' }),
    named('download', 'read', { kinds: { url: 'url' } }),
    named('plan', 'once', { reach: 'itself' })
  ]
  const url = 'https://example.com/'
  const set = toolset({ tools })
  const kindOf = (name: string, args: Record<string, unknown> = { url }) =>
    set.judge({ id: 'c', name, args }, { remits: [[allow('*')]], grants: [], untrusted }).kind

  it('is what it declares: an effect, or that it reaches outside, as one does that takes a URL', () => {
    for (const name of ['post', 'ask_server', 'download', 'web_fetch']) assert.equal(kindOf(name), 'ask', name)
    for (const name of ['look', 'plan']) assert.equal(kindOf(name), 'allow', name)
    assert.equal(kindOf('todo', { todos: [{ id: '1', text: 'x', status: 'doing' }] }), 'allow')
  })

  it('is explained as it is judged', () => {
    const authority = { remits: [[allow('post')]], grants: [], path: 'agent' }
    assert.deepEqual(set.explain({ name: 'post', args: { url } }, { ...authority, untrusted }), {
      judgement: {
        kind: 'ask',
        reason: 'text of the web was read before; without that it would be allowed by rule: allow post',
        untrusted
      },
      parts: [
        {
          what: undefined,
          kind: 'ask',
          reason: 'without that it would be allowed by rule: allow post',
          rungs: [
            {
              path: 'agent',
              kind: 'ask',
              reason: 'without that it would be allowed by rule: allow post',
              rule: allow('post'),
              layer: undefined
            }
          ]
        }
      ]
    })
    assert.equal(set.explain({ name: 'post', args: { url } }, authority).judgement.kind, 'allow')
  })
})
