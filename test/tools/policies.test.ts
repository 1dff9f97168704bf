import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Verdict } from '../../state/calls.ts'
import { allow, allowInSandbox, ask, deny, type Remit, type Rule } from '../../state/remit.ts'
import { argsHash } from '../../tools/args-hash.ts'
import { matches } from '../../tools/pattern.ts'
import { covers, judge, strictestOf, verdictOf } from '../../tools/policies.ts'

const shell = (command: string) => ({ name: 'shell', args: { command } })
const kindOf = (remit: Remit, call: { name: string; args: Record<string, unknown> }) => verdictOf(remit, call).kind

describe('what is allowed in a sandbox only', () => {
  const remit = [deny('shell', { command: 'rm *' }), allowInSandbox('shell', { command: 'npm *' })]
  const confined = () => ({ sandboxed: true }) as const
  const free = () => ({ sandboxed: false, reason: 'bubblewrap is not installed' }) as const

  it('is allowed where the tool runs in one', () => {
    expect(verdictOf(remit, { ...shell('npm test'), confinement: confined })).toEqual({ kind: 'allow' })
  })

  it('is asked about where it does not, with the reason', () => {
    expect(verdictOf(remit, { ...shell('npm test'), confinement: free })).toEqual({
      kind: 'ask',
      reason: 'no rule covers shell; shell would run in no sandbox: bubblewrap is not installed'
    })
    expect(verdictOf(remit, shell('npm test')).kind).toBe('ask')
  })

  it('is denied by a rule before it, sandbox or not', () => {
    for (const confinement of [confined, free])
      expect(verdictOf(remit, { ...shell('rm x'), confinement }).kind).toBe('deny')
  })

  it('does not look for a sandbox where no rule demands one', () => {
    const confinement = () => expect.unreachable()
    expect(verdictOf([allow('shell')], { ...shell('ls'), confinement })).toEqual({ kind: 'allow' })
  })
})

describe('a pattern', () => {
  it.each([
    ['npm test*', 'npm test', true],
    ['npm test*', 'npm test -- --watch', true],
    ['npm test*', 'sudo npm test', false],
    ['*.ts', 'a.ts', true],
    ['*.ts', 'a.tsx', false],
    ['a.c', 'abc', false],
    ['*', '', true],
    ['*', 'two\nlines', true],
    ['', '', true],
    ['', 'a', false],
    ['a*a', 'a', false],
    ['a*b*c', 'a--b--c', true],
    ['a*b*b', 'ab', false],
    ['(a|b)+', '(a|b)+', true],
    ['\\d', '5', false]
  ])('%j on %j: %j', (pattern, text, expected) => {
    expect(matches(pattern, text)).toBe(expected)
  })

  it('means what the regular expression of the same pattern means', () => {
    const text = fc.string({ unit: fc.constantFrom('a', 'b', '.', '\n'), maxLength: 12 })
    const pattern = fc.string({ unit: fc.constantFrom('a', 'b', '.', '*'), maxLength: 8 })
    fc.assert(
      fc.property(pattern, text, (pattern, text) => {
        expect(matches(pattern, text)).toBe(asRegExp(pattern).test(text))
      }),
      { numRuns: 2000 }
    )
  })

  it('with many stars is done with a long text that does not match', () => {
    expect(matches(`${'*a'.repeat(50)}*b`, 'a'.repeat(100_000))).toBe(false)
  })
})

function asRegExp(pattern: string): RegExp {
  return new RegExp(`^${pattern.replaceAll('.', '\\.').replaceAll('*', '.*')}$`, 's')
}

describe('one remit', () => {
  it('is decided by the first rule that matches', () => {
    const remit = [deny('shell', { command: 'rm *' }), allow('shell'), deny('*')]
    expect(kindOf(remit, shell('rm -rf /'))).toBe('deny')
    expect(kindOf(remit, shell('ls'))).toBe('allow')
    expect(kindOf(remit, { name: 'write', args: {} })).toBe('deny')
  })

  it('asks about what no rule covers, and says so', () => {
    expect(verdictOf([allow('read')], shell('ls'))).toEqual({ kind: 'ask', reason: 'no rule covers shell' })
  })

  it('does not match a rule on an argument that is missing', () => {
    expect(kindOf([allow('shell', { command: '*' })], { name: 'shell', args: {} })).toBe('ask')
    expect(kindOf([allow('shell', { command: '*' })], { name: 'shell', args: { command: undefined } })).toBe('ask')
  })

  it('does not take what every object has for an argument', () => {
    expect(kindOf([allow('shell', { constructor: '*', toString: '*' })], shell('ls'))).toBe('ask')
  })

  it('matches every argument that a rule names', () => {
    const remit = [allow('copy', { from: 'src/*', to: 'dist/*' })]
    expect(kindOf(remit, { name: 'copy', args: { from: 'src/a', to: 'dist/a' } })).toBe('allow')
    expect(kindOf(remit, { name: 'copy', args: { from: 'src/a', to: '/etc/a' } })).toBe('ask')
  })

  it('reads what is no text as JSON', () => {
    const remit = [deny('push', { force: 'true' }), allow('push', { refs: '["main"*', count: '3' })]
    expect(kindOf(remit, { name: 'push', args: { force: true } })).toBe('deny')
    expect(kindOf(remit, { name: 'push', args: { refs: ['main', 'dev'], count: 3 } })).toBe('allow')
  })

  it('names the deciding rule, and its reason where it has one', () => {
    expect(verdictOf([deny('shell', { command: 'rm *' })], shell('rm x'))).toEqual({
      kind: 'deny',
      reason: 'rule: deny shell where command is "rm *"'
    })
    expect(verdictOf([{ ...ask('sh*'), reason: 'It costs money' }], shell('ls'))).toEqual({
      kind: 'ask',
      reason: 'It costs money (rule: ask sh*)'
    })
  })

  it('denies by a rule whose verdict is no word it knows', () => {
    expect(kindOf([{ tool: 'shell', verdict: 'permit' } as unknown as Rule], shell('ls'))).toBe('deny')
  })
})

describe('all remits of an authority', () => {
  it('decide by the strictest', () => {
    expect(strictestOf([[allow('*')], [ask('shell')], [allow('*')]], shell('ls')).kind).toBe('ask')
    expect(strictestOf([[allow('*')], [ask('shell')], [deny('shell')]], shell('ls')).kind).toBe('deny')
    expect(strictestOf([[allow('*')], [allow('shell')]], shell('ls')).kind).toBe('allow')
  })

  it('name how far above the remit stands that decides', () => {
    expect(strictestOf([[allow('*')], [allow('*')], [deny('shell')]], shell('ls'))).toEqual({
      kind: 'deny',
      reason: 'rule: deny shell, in the remit 2 above'
    })
  })

  it('ask where there are none', () => {
    expect(strictestOf([], shell('ls')).kind).toBe('ask')
    expect(covers([], shell('ls'))).toBe(false)
  })

  it('cover what all of them allow', () => {
    expect(covers([[allow('shell')], [allow('*')]], shell('ls'))).toBe(true)
    expect(covers([[allow('shell')], []], shell('ls'))).toBe(false)
  })

  it('never allow more than each of them does', () => {
    fc.assert(
      fc.property(fc.array(remits, { maxLength: 5 }), calls, (remits, call) => {
        const all = strictestOf(remits, call)
        for (const remit of remits) expect(strictness(all)).toBeGreaterThanOrEqual(strictness(verdictOf(remit, call)))
        expect(covers(remits, call)).toBe(remits.length > 0 && remits.every((remit) => covers([remit], call)))
      })
    )
  })

  it('allow a child no more than its parent, whatever the child adds and whoever granted', () => {
    fc.assert(
      fc.property(remits, fc.array(remits, { minLength: 1, maxLength: 4 }), calls, (own, above, call) => {
        const grants = [grantFor(call)]
        for (const given of [[], grants]) {
          const child = judge(call, { remits: [own, ...above], grants: given })
          const parent = judge(call, { remits: above, grants: given })
          expect(strictness(child)).toBeGreaterThanOrEqual(strictness(parent))
        }
      })
    )
  })
})

describe('a grant', () => {
  const call = { name: 'shell', args: { command: 'ls', cwd: '.' } }

  it('turns an ask about exactly its arguments into allow', () => {
    expect(judge(call, { remits: [[]], grants: [grantFor(call)] })).toEqual({ kind: 'allow' })
    expect(
      judge({ name: 'shell', args: { cwd: '.', command: 'ls' } }, { remits: [[]], grants: [grantFor(call)] }).kind
    ).toBe('allow')
  })

  it('is worth nothing for other arguments or another tool', () => {
    const grants = [grantFor(call)]
    expect(judge({ ...call, args: { command: 'ls', cwd: '/' } }, { remits: [[]], grants }).kind).toBe('ask')
    expect(judge({ ...call, name: 'bash' }, { remits: [[]], grants }).kind).toBe('ask')
  })

  it('never beats a deny', () => {
    expect(judge(call, { remits: [[allow('*')], [deny('shell')]], grants: [grantFor(call)] }).kind).toBe('deny')
  })
})

function grantFor({ name, args }: { name: string; args: Record<string, unknown> }) {
  return { tool: name, argsHash: argsHash(args) }
}

function strictness({ kind }: Verdict): number {
  return ['allow', 'ask', 'deny'].indexOf(kind)
}

const words = fc.constantFrom('read', 'write', 'shell', 'r*', '*e', '*')
const rules: fc.Arbitrary<Rule> = fc.record(
  {
    tool: words,
    when: fc.dictionary(fc.constantFrom('path', 'command'), words, { maxKeys: 2 }),
    verdict: fc.constantFrom('allow' as const, 'ask' as const, 'deny' as const)
  },
  { requiredKeys: ['tool', 'verdict'] }
)
const remits = fc.array(rules, { maxLength: 6 })
const calls = fc.record({
  name: fc.constantFrom('read', 'write', 'shell'),
  args: fc.dictionary(fc.constantFrom('path', 'command'), fc.oneof(words, fc.integer()), { maxKeys: 2 })
})
