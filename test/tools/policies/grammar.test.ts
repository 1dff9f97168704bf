import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ruleLine } from '../../../cli/view/rule-line.ts'
import { RuntimeError } from '../../../state/errors.ts'
import type { Predicate, Rule } from '../../../state/remit.ts'
import { parsedPolicy, parsedRule } from '../../../tools/policies/grammar.ts'

const rulesIn = (text: string) => parsedPolicy(text, 'policy').remit.map(({ at: _at, ...rule }) => rule)

describe('the grammar of a policy', () => {
  it('has a rule a line', () => {
    const text = `
# what everybody may do
allow read
deny  read path "**/.env"           # secrets
ask   shell command "git push *" because "it is public"
allow shell command "npm test *" for lead/coder in sandbox
allow fetch url "https://*.example.com"
allow push branch is "main" and force is false and tries < 3 and size > 1
deny  copy target path "/etc/**" and source like "*secret*"
deny  push branch in ["main", "prod"]
deny  *`
    expect(rulesIn(text)).toEqual([
      { tool: 'read', verdict: 'allow' },
      { tool: 'read', when: { path: { path: '**/.env' } }, verdict: 'deny' },
      { tool: 'shell', when: { command: { command: 'git push *' } }, verdict: 'ask', reason: 'it is public' },
      {
        tool: 'shell',
        when: { command: { command: 'npm test *' } },
        verdict: 'allow',
        agent: 'lead/coder',
        sandboxed: true
      },
      { tool: 'fetch', when: { url: { url: 'https://*.example.com' } }, verdict: 'allow' },
      {
        tool: 'push',
        when: { branch: { equals: 'main' }, force: { equals: false }, tries: { less: 3 }, size: { more: 1 } },
        verdict: 'allow'
      },
      { tool: 'copy', when: { target: { path: '/etc/**' }, source: { matches: '*secret*' } }, verdict: 'deny' },
      { tool: 'push', when: { branch: { oneOf: ['main', 'prod'] } }, verdict: 'deny' },
      { tool: '*', verdict: 'deny' }
    ])
  })

  it('keeps where each rule stands', () => {
    const { remit } = parsedPolicy('\r\nallow read\r\n\r\ndeny *\r\n', 'a/policy')
    expect(remit.map(({ at }) => at)).toEqual([
      { file: 'a/policy', line: 2 },
      { file: 'a/policy', line: 4 }
    ])
  })

  it('says whom the person trusts', () => {
    expect(parsedPolicy('trust "/srv/app"\ntrust "~/own"', 'policy').trusted).toEqual(['/srv/app', '~/own'])
  })

  it.each([
    ['permit read', 'policy:1:1', 'allow, ask, deny or trust is wanted, not permit'],
    ['allow', 'policy:1', 'the name of a tool, or *, is wanted, and the line ends'],
    ['allow read\n\ndeny shell comand "rm *"', 'policy:3:19', 'path, command, url, is, in, like, < or > is wanted'],
    ['deny shell command rm', 'policy:1:20', 'a command in quotes is wanted, not rm'],
    ['deny shell command ""', 'policy:1:20', 'a command in quotes is wanted'],
    ['deny shell command "rm', 'policy:1:20', 'is no JSON'],
    ["deny shell command 'rm *'", 'policy:1:20', 'a command in quotes is wanted'],
    ['deny read path "../x"', 'policy:1', 'is no pattern of a path'],
    ['deny fetch url "http://"', 'policy:1', 'is no pattern of a URL'],
    ['deny push branch in []', 'policy:1', 'a list with something in it is wanted'],
    ['deny push branch in [1', 'policy:1:21', 'is no JSON'],
    ['deny push n < "3"', 'policy:1:15', 'a number is wanted'],
    ['deny push n is main', 'policy:1:16', 'a JSON value is wanted, not main'],
    ['deny push n is 1 n is 2', 'policy:1:18', 'and, for, in sandbox, even untrusted or because is wanted, not n'],
    ['deny push n is 1 and n is 2', 'policy:1', 'n is named twice'],
    ['deny push and n is 1', 'policy:1:15', 'the name of an argument is wanted'],
    ['deny push in jail', 'policy:1:14', 'sandbox is wanted, not jail'],
    ['deny push because', 'policy:1', 'a reason in quotes is wanted, and the line ends'],
    ['allow push even', 'policy:1', 'untrusted is wanted, and the line ends'],
    ['ask push even untrusted', 'policy:1', 'even untrusted is for what allows'],
    ['deny push for', 'policy:1', 'the path of an agent is wanted'],
    ['deny push n is 01', 'policy:1:16', '01 is no JSON'],
    ['deny push n is "\\x"', 'policy:1:16', 'is no JSON'],
    ['trust app', 'policy:1:7', 'a directory in quotes is wanted, not app'],
    ['trust "app"', 'policy:1', 'a directory that begins with / or ~/ is wanted'],
    ['trust "/app" now', 'policy:1:14', 'the end of the line is wanted, not now'],
    ['\ufeffallow read', 'policy:1:1', 'allow, ask, deny or trust is wanted']
  ])('refuses %j at %s: %s', (text, place, why) => {
    let thrown: unknown
    try {
      parsedPolicy(text, 'policy')
    } catch (error) {
      thrown = error
    }
    expect(thrown).toBeInstanceOf(RuntimeError)
    const { code, message } = thrown as RuntimeError
    expect(code).toBe('BAD_POLICY')
    expect(message.startsWith(`${place}:`)).toBe(true)
    expect(message).toContain(why)
  })

  it('refuses all of a text for one line of it', () => {
    expect(() => parsedPolicy('deny shell\nallow read\nalow *', 'policy')).toThrow('policy:3:1')
  })

  it('throws nothing but its own refusal, whatever the text is', () => {
    const words = fc.constantFrom(
      'allow',
      'deny',
      'read',
      '*',
      'path',
      'command',
      '"a"',
      '[1]',
      '<',
      '3',
      'in',
      'and',
      'for',
      '\n',
      '"',
      '[',
      '#',
      'is',
      'trust'
    )
    fc.assert(
      fc.property(fc.array(fc.oneof(words, fc.string({ maxLength: 4 })), { maxLength: 12 }), (parts) => {
        try {
          parsedPolicy(parts.join(' '), 'policy')
        } catch (error) {
          expect(error).toMatchObject({ code: 'BAD_POLICY' })
        }
      }),
      { numRuns: 2000 }
    )
  })

  it('reads a rule as it is shown', () => {
    const names = fc.constantFrom('path', 'command', 'url', 'branch', 'n')
    const predicates: fc.Arbitrary<Predicate> = fc.oneof(
      fc.constantFrom('src/**', '/etc/*').map((path) => ({ path })),
      fc.constantFrom('git *', 'ls').map((command) => ({ command })),
      fc.constant({ url: 'example.com' }),
      fc.string({ minLength: 1 }).map((matches) => ({ matches })),
      fc
        .jsonValue({ maxDepth: 1 })
        .filter((value) => typeof value !== 'object')
        .map((equals) => ({ equals: equals as string })),
      fc.integer().map((less) => ({ less }))
    )
    const rules: fc.Arbitrary<Rule> = fc.record(
      {
        tool: fc.constantFrom('read', '*', 'mcp_*'),
        when: fc.dictionary(names, predicates, { minKeys: 1, maxKeys: 3, noNullPrototype: true }),
        agent: fc.constantFrom('lead/*', 'a'),
        sandboxed: fc.constant(true as const),
        verdict: fc.constantFrom('allow', 'ask', 'deny'),
        reason: fc.string({ minLength: 1 })
      },
      { requiredKeys: ['tool', 'verdict'] }
    )
    const bold = fc.boolean()
    fc.assert(
      fc.property(rules, bold, (made, isBold) => {
        const rule: Rule = isBold && made.verdict === 'allow' ? { ...made, evenUntrusted: true } : made
        const { at: _at, ...read } = parsedRule(ruleLine(rule), 'policy')
        expect(read).toEqual(rule)
      })
    )
  })
})
