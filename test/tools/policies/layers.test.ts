import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Authority } from '../../../state/context.ts'
import { LAYERS, type LayerName, type Policy } from '../../../state/policy.ts'
import { PROFILES, profileRemit } from '../../../state/profiles.ts'
import { allow, ask, deny, type Predicate, type Remit, type Rule } from '../../../state/remit.ts'
import { argsHash } from '../../../tools/args-hash.ts'
import { judge, type PolicedCall } from '../../../tools/policies.ts'

const kinds = { command: 'command', cwd: 'directory', path: 'path' } as const
const shell = (command: string): PolicedCall => ({ name: 'shell', args: { command }, kinds })
const write = (path: string): PolicedCall => ({ name: 'write', args: { path }, kinds })
const policy = (layers: Partial<Record<LayerName, Remit>>): Policy =>
  LAYERS.map((name) => ({ name, remit: layers[name] ?? [] }))

const under = (call: PolicedCall, layers: Partial<Record<LayerName, Remit>>, more: Partial<Authority> = {}) =>
  judge(call, { remits: [[]], grants: [], path: 'lead', policy: policy(layers), ...more }).kind

describe('the layers of a policy', () => {
  it('go before each other, the strongest first', () => {
    const push = shell('git push')
    expect(under(push, { default: [ask('shell')], global: [allow('shell')] })).toBe('allow')
    expect(under(push, { global: [allow('shell')], project: [ask('shell')] })).toBe('ask')
    expect(under(push, { project: [ask('shell')], session: [allow('shell')] })).toBe('allow')
    expect(under(push, { session: [allow('read')], default: [allow('shell')] })).toBe('allow')
  })

  it.each(LAYERS)('deny for good, also %s: no other layer and no grant beats it', (name) => {
    const push = shell('git push origin main')
    const all = Object.fromEntries(LAYERS.map((each) => [each, [allow('*')]]))
    const grants = [
      { tool: 'shell', argsHash: argsHash(push.args), rules: [allow('shell', { command: 'git push *' })] }
    ]
    const layers = { ...all, [name]: [deny('shell', { command: 'git push *' }), allow('*')] }
    expect(under(push, layers, { grants, remits: [[allow('*')]] })).toBe('deny')
    expect(under(shell('git status && git push'), layers, { grants })).toBe('deny')
  })

  it('deny what stands behind something that is asked about, before anybody is asked', () => {
    const remits = [[ask('shell', { command: 'a' }), deny('shell', { command: 'b' })]]
    expect(under(shell('a && b'), {}, { remits })).toBe('deny')
    expect(under(shell('a; b'), { global: [allow('*')] }, { remits })).toBe('deny')
  })

  it('keep the denials of an agent against whatever the person allows', () => {
    const remits = [[deny('write'), allow('*')]]
    expect(under(write('a'), { global: [allow('*')], session: [allow('*')] }, { remits })).toBe('deny')
  })

  it('keep the doubt whether something is denied', () => {
    const layers = { global: [deny('shell', { command: 'rm *' })], session: [allow('*')] }
    expect(under(shell('eval "$X"'), layers)).toBe('ask')
    expect(under(shell('ls'), layers)).toBe('allow')
    expect(under(shell('bash -c "$X"'), { session: [allow('*')] }, { remits: [layers.global] })).toBe('ask')
    const rules = [allow('shell')]
    expect(under(shell('eval "$X"'), layers, { grants: [{ tool: 'shell', argsHash: '', rules }] })).toBe('ask')
  })

  it('allow what an agent would have to ask for, and so what it asks for in the name of those below it', () => {
    const remits = [[ask('shell')], [ask('shell'), allow('*')]]
    expect(under(shell('ls'), { global: [allow('shell', { command: 'ls *' })] }, { remits, path: 'lead/coder' })).toBe(
      'allow'
    )
    const forCoder = { global: [{ ...allow('shell'), agent: 'lead/coder' }] }
    expect(under(shell('ls'), forCoder, { remits, path: 'lead/coder' })).toBe('ask')
    expect(under(shell('ls'), forCoder, { remits: [[ask('shell')], [allow('*')]], path: 'lead/coder' })).toBe('allow')
  })
})

describe('the rules of a grant', () => {
  const grants = [{ tool: 'shell', argsHash: '', rules: [allow('shell', { command: 'git *' })] }]

  it('answer each thing that would be asked, and nothing else', () => {
    const remits = [[ask('shell')]]
    expect(under(shell('git status'), {}, { remits, grants })).toBe('allow')
    expect(under(shell('git status && git log'), {}, { remits, grants })).toBe('allow')
    expect(under(shell('git status && ls'), {}, { remits, grants })).toBe('ask')
    expect(under(shell('git status > a'), {}, { remits, grants })).toBe('ask')
    expect(under(shell('git -c a=b status'), {}, { remits, grants })).toBe('ask')
  })

  it('are beaten by a deny that is configured later', () => {
    const layers = { global: [deny('shell', { command: 'git push *' })] }
    expect(under(shell('git push'), layers, { grants, remits: [[ask('shell')]] })).toBe('deny')
    expect(under(shell('git log'), layers, { grants, remits: [[ask('shell')]] })).toBe('allow')
  })
})

describe('a profile', () => {
  type Row = readonly [call: PolicedCall, verdicts: Readonly<Record<(typeof PROFILES)[number], string>>]
  const of = (plan: string, asks: string, edits: string, trusted: string, inSandbox: string) => ({
    plan,
    ask: asks,
    edits,
    trusted,
    'all-in-sandbox': inSandbox
  })
  const ROWS: Row[] = [
    [{ name: 'read', args: { path: 'a' }, kinds }, of('allow', 'allow', 'allow', 'allow', 'allow')],
    [write('a'), of('deny', 'ask', 'allow', 'allow', 'allow')],
    [shell('ls'), of('deny', 'ask', 'ask', 'allow', 'ask')],
    [shell('sudo ls'), of('deny', 'ask', 'ask', 'ask', 'ask')],
    [shell('eval "$X"'), of('deny', 'ask', 'ask', 'ask', 'ask')],
    [shell('git push'), of('deny', 'ask', 'ask', 'ask', 'ask')],
    [{ name: 'fetch', args: {} }, of('deny', 'ask', 'ask', 'allow', 'ask')]
  ]
  it.each(PROFILES)('%s does what it says', (name) => {
    for (const [call, verdicts] of ROWS)
      expect(under(call, { default: profileRemit(name) }, { remits: [[ask('*')]] })).toBe(verdicts[name])
  })

  it('all-in-sandbox allows where the sandbox is on', () => {
    const layers = { default: profileRemit('all-in-sandbox') }
    const opaque = shell('eval "$X"')
    expect(under({ ...opaque, confinement: () => ({ sandboxed: true }) }, layers)).toBe('allow')
    expect(under({ ...opaque, confinement: () => ({ sandboxed: false, reason: 'none is here' }) }, layers)).toBe('ask')
    expect(under(opaque, layers)).toBe('ask')
  })

  it('plan stays plan, whatever the person allows everywhere', () => {
    const layers = { default: profileRemit('plan'), global: [allow('*')], project: [allow('*')], session: [allow('*')] }
    expect(under(write('a'), layers, { remits: [[allow('*')]] })).toBe('deny')
    expect(under(shell('ls'), layers, { remits: [[allow('*')]] })).toBe('deny')
  })
})

const patterns = fc.constantFrom('git push *', 'git *', 'rm *', '*', 'ls', 'npm test *')
const globs = fc.constantFrom('src/**', '**', 'src/*', '**/.env', '/**', '.git/**')
const conditions: fc.Arbitrary<Record<string, Predicate>> = fc.oneof(
  patterns.map((command) => ({ command: { command } })),
  globs.map((path) => ({ path: { path } })),
  globs.map((path) => ({ path }))
)
const rules: fc.Arbitrary<Rule> = fc.record(
  {
    tool: fc.constantFrom('shell', 'write', 'read', '*'),
    when: conditions,
    agent: fc.constantFrom('lead', 'lead/coder', 'lead/*', 'lead/coder/tester', '*'),
    sandboxed: fc.constant(true as const),
    verdict: fc.constantFrom('allow', 'ask', 'deny')
  },
  { requiredKeys: ['tool', 'verdict'] }
)
const remits = fc.array(rules, { maxLength: 4 })
const policies: fc.Arbitrary<Policy> = fc
  .tuple(remits, remits, remits, remits)
  .map((each) => LAYERS.map((name, at) => ({ name, remit: each[at]! })))
const calls: fc.Arbitrary<PolicedCall> = fc.oneof(
  fc
    .array(
      fc.constantFrom(
        'git push',
        'git status',
        'rm a',
        'ls',
        'eval "$X"',
        'FOO=1 git log',
        'echo a > .git/x',
        'cat .env',
        '$X'
      ),
      { minLength: 1, maxLength: 3 }
    )
    .map((parts) => shell(parts.join(' && '))),
  fc.constantFrom('src/a', 'src/a/b', '.env', '../x', '.git/config').map(write)
)
const strictness = ({ kind }: { kind: string }) => ['allow', 'ask', 'deny'].indexOf(kind)

describe('no set of rules', () => {
  const paths = ['lead/coder/tester', 'lead/coder', 'lead']

  it('makes a child exceed those above it, whatever policy and grants there are', () => {
    const chains = fc.tuple(remits, remits, remits)
    const facts = fc.record({
      policy: policies,
      sandboxed: fc.boolean(),
      granted: fc.boolean(),
      rules: fc.option(remits)
    })
    fc.assert(
      fc.property(chains, calls, facts, (chain, call, { policy, sandboxed, granted, rules }) => {
        const hash = granted ? argsHash(call.args) : ''
        const grants = [{ tool: call.name, argsHash: hash, ...(rules && { rules }) }]
        const at = (level: number) =>
          judge(
            { ...call, confinement: () => (sandboxed ? { sandboxed } : { sandboxed, reason: 'none is here' }) },
            {
              remits: chain.slice(level),
              grants,
              path: paths[level]!,
              policy,
              workspace: '/nowhere'
            }
          )
        const [child, parent, root] = [at(0), at(1), at(2)].map(strictness) as [number, number, number]
        expect(child).toBeGreaterThanOrEqual(parent)
        expect(parent).toBeGreaterThanOrEqual(root)
      }),
      { numRuns: 3000 }
    )
  })

  it('lets a grant, an agent or a weaker layer get past a deny of the policy', () => {
    fc.assert(
      fc.property(remits, calls, policies, (remit, call, policy) => {
        const alone = policy.map((layer) =>
          strictness(judge(call, { remits: [[allow('*')]], grants: [], policy: [layer] }))
        )
        const grants = [{ tool: call.name, argsHash: argsHash(call.args), rules: [allow('*')] }]
        if (!alone.includes(2)) return
        expect(judge(call, { remits: [remit], grants, policy }).kind).toBe('deny')
      }),
      { numRuns: 2000 }
    )
  })

  it('makes a longer line of shell allowed where a part of it is not', () => {
    const lines = fc.array(fc.constantFrom('git push', 'git status', 'rm a', 'ls', 'npm test'), {
      minLength: 2,
      maxLength: 4
    })
    fc.assert(
      fc.property(remits, lines, fc.constantFrom(' && ', '; ', ' | ', '\n', ' & ', ' || '), (remit, parts, joint) => {
        const each = parts.map((part) => strictness(judge(shell(part), { remits: [remit], grants: [] })))
        const whole = strictness(judge(shell(parts.join(joint)), { remits: [remit], grants: [] }))
        expect(whole).toBe(Math.max(...each))
      }),
      { numRuns: 2000 }
    )
  })
})
