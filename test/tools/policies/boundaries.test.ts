import { mkdir, symlink, writeFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { allow, ask, deny, type Predicate, type Remit, type Rule } from '../../../state/remit.ts'
import { strictestOf } from '../../../tools/policies.ts'
import { makeTempDir } from '../../support/temp-dir.ts'

let base = ''
let remove = async () => {}
const app = () => join(base, 'app')

beforeAll(async () => {
  const made = await makeTempDir()
  base = made.path
  remove = made.remove
  for (const each of ['app/src/deep', 'app/secrets', 'app-secrets']) await mkdir(join(base, each), { recursive: true })
  await writeFile(join(base, 'app/secrets/key'), '')
  await symlink(join(base, 'app/secrets'), join(base, 'app/src/link'))
  await symlink(join(base, 'app/src'), join(base, 'app/alias'))
  await symlink(join(base, 'app/nowhere'), join(base, 'app/src/dangling'))
  await symlink('loop', join(base, 'app/loop'))
  await symlink(join(base, 'app-secrets'), join(base, 'app/out'))
})
afterAll(() => remove())

const kindOf = (remit: Remit, args: Record<string, unknown>, kind: 'path' | 'tree' | 'url') =>
  strictestOf([remit], { name: 'use', args, kinds: { path: kind, url: kind } }, { workspace: app() }).kind

type PathRow = readonly [pattern: string, path: string, allows: boolean, withholds: 'deny' | 'ask' | 'allow']

const PATHS: PathRow[] = [
  ['src/**', 'src/a', true, 'deny'],
  ['src/**', 'src/deep/a', true, 'deny'],
  ['src/**', 'src', true, 'deny'],
  ['src/**', './src/a', true, 'deny'],
  ['src/**', 'src//a', true, 'deny'],
  ['src/**', 'secrets/../src/a', true, 'deny'],
  ['src/**', 'src/../secrets/a', false, 'allow'],
  ['src/**', 'src/../../app/src/a', true, 'deny'],
  ['src/**', 'src-other/a', false, 'allow'],
  ['src/**', 'SRC/a', false, 'deny'],
  ['src/**', 'alias/a', true, 'deny'],
  ['src/**', 'src/link/key', false, 'deny'],
  ['secrets/**', 'src/link/key', true, 'deny'],
  ['secrets/**', 'src/link/new', true, 'deny'],
  ['secrets', 'secrets/key', false, 'deny'],
  ['secrets/', 'secrets/key', false, 'deny'],
  ['secrets/*', 'secrets/a/b', false, 'deny'],
  ['secrets/**', 'secrets-public/a', false, 'allow'],
  ['nowhere', 'src/dangling', true, 'deny'],
  ['src/*', 'src/a', true, 'deny'],
  ['src/*', 'src/deep/a', false, 'deny'],
  ['*.md', 'README.md', true, 'deny'],
  ['*.md', 'docs/a.md', false, 'allow'],
  ['**/*.md', 'docs/a.md', true, 'deny'],
  ['**/.env', '.env', true, 'deny'],
  ['**/.env', 'a/b/.env', true, 'deny'],
  ['**/.env', '.env.local', false, 'allow'],
  ['**/.env', '.ENV', false, 'deny'],
  ['{a,b}/x', 'b/x', true, 'deny'],
  ['src/**', 'loop', false, 'ask'],
  ['src/**', 'src/\0', false, 'ask'],
  ['src/../**', 'src/a', false, 'ask'],
  ['src/**', '../app-secrets/x', false, 'allow'],
  ['**', '../app-secrets/x', false, 'allow'],
  ['**', 'out/x', false, 'deny'],
  ['/**', '../app-secrets/x', true, 'deny'],
  ['/etc/**', '/etc/passwd', true, 'deny'],
  ['/etc/**', '/etcetera/x', false, 'allow'],
  ['~/.ssh/**', join(homedir(), '.ssh/id_rsa'), true, 'deny'],
  ['~/.ssh/**', '~/.ssh/id_rsa', false, 'allow'],
  ['.', '.', true, 'deny'],
  ['.', 'src', false, 'allow']
]

describe('a rule about a path', () => {
  it.each(PATHS)('%j, asked about %j: allows %j, withholds: %s', (pattern, path, allows, withholds) => {
    expect(kindOf([allow('use', { path: pattern })], { path }, 'path')).toBe(allows ? 'allow' : 'ask')
    expect(kindOf([deny('use', { path: pattern }), allow('use')], { path }, 'path')).toBe(withholds)
  })

  it('holds for a symlink that is put there later', async () => {
    const remit = [deny('use', { path: 'secrets/**' }), allow('use')]
    expect(kindOf(remit, { path: 'src/later/key' }, 'path')).toBe('allow')
    await symlink(join(app(), 'secrets'), join(app(), 'src/later'))
    expect(kindOf(remit, { path: 'src/later/key' }, 'path')).toBe('deny')
  })

  it('is asked about where a directory is looked through that has something below it which is withheld', () => {
    const remit = [deny('use', { path: 'secrets/**' }), allow('use')]
    expect(kindOf(remit, { path: '.' }, 'tree')).toBe('ask')
    expect(kindOf(remit, { path: 'secrets' }, 'tree')).toBe('deny')
    expect(kindOf(remit, { path: 'src/deep' }, 'tree')).toBe('allow')
    expect(kindOf([allow('use', { path: 'src/**' })], { path: 'src' }, 'tree')).toBe('allow')
    expect(kindOf([allow('use', { path: 'src' })], { path: 'src' }, 'tree')).toBe('ask')
  })

  it('is asked about where the argument is no text', () => {
    expect(kindOf([allow('use', { path: '**' })], { path: ['a'] }, 'path')).toBe('ask')
    expect(kindOf([deny('use', { path: 'a' }), allow('use')], { path: ['a'] }, 'path')).toBe('ask')
  })
})

type UrlRow = readonly [pattern: string, url: string, allows: boolean, withholds: 'deny' | 'ask' | 'allow']

const URLS: UrlRow[] = [
  ['example.com', 'https://example.com/a', true, 'deny'],
  ['example.com', 'http://example.com', true, 'deny'],
  ['example.com', 'https://EXAMPLE.com./a', true, 'deny'],
  ['example.com', 'https://example.com.evil.com/', false, 'allow'],
  ['example.com', 'https://evil.com/example.com', false, 'allow'],
  ['example.com', 'https://evilexample.com/', false, 'allow'],
  ['example.com', 'https://example.com@evil.com/', false, 'allow'],
  ['example.com', 'https://me:pw@example.com/', false, 'deny'],
  ['example.com', 'https://example.com:8443/', false, 'deny'],
  ['example.com:8443', 'https://example.com:8443/', true, 'deny'],
  ['example.com', 'ftp://example.com/', false, 'deny'],
  ['example.com', 'https://evil.com\\@example.com/', false, 'allow'],
  ['example.com', 'https:example.com', true, 'deny'],
  ['*.example.com', 'https://a.b.example.com/', true, 'deny'],
  ['*.example.com', 'https://example.com/', false, 'allow'],
  ['https://example.com', 'http://example.com/', false, 'allow'],
  ['example.com/api/*', 'https://example.com/api/v1?q=1', true, 'deny'],
  ['example.com/api/*', 'https://example.com/api/../admin', false, 'allow'],
  ['example.com/api/*', 'https://example.com/api/%2e%2e/admin', false, 'allow'],
  ['example.com/api/*', 'https://example.com/api/..%2fadmin', false, 'deny'],
  ['example.com/admin*', 'https://example.com/%61dmin', false, 'deny'],
  ['127.0.0.1', 'http://2130706433/', true, 'deny'],
  ['127.0.0.1', 'http://0x7f.1/', true, 'deny'],
  ['example.com', 'not a url', false, 'ask'],
  ['example.com', '//example.com', false, 'ask']
]

describe('a rule about a URL', () => {
  it.each(URLS)('%j, asked about %j: allows %j, withholds: %s', (pattern, url, allows, withholds) => {
    expect(kindOf([allow('use', { url: pattern })], { url }, 'url')).toBe(allows ? 'allow' : 'ask')
    expect(kindOf([deny('use', { url: pattern }), allow('use')], { url }, 'url')).toBe(withholds)
  })
})

type ValueRow = readonly [predicate: Predicate, value: unknown, holds: boolean]

const VALUES: ValueRow[] = [
  [{ equals: 'main' }, 'main', true],
  [{ equals: 'main' }, 'main2', false],
  [{ equals: 3 }, '3', false],
  [{ equals: { a: 1, b: [2] } }, { b: [2], a: 1 }, true],
  [{ oneOf: ['a', 2] }, 2, true],
  [{ oneOf: ['a', 2] }, '2', false],
  [{ less: 5 }, 4, true],
  [{ less: 5 }, 5, false],
  [{ less: 5 }, '4', false],
  [{ less: 5 }, Number.NaN, false],
  [{ more: 5 }, 6, true],
  [{ matches: 'a*' }, 'abc', true],
  [{ matches: 'a*' }, 'ba', false],
  [{ matches: '["a"*' }, ['a', 'b'], true],
  ['a*', 'abc', true]
]

describe('a rule about a value', () => {
  it.each(VALUES)('%j of %j: %j', (predicate, value, holds) => {
    const remit = [allow('use', { n: predicate })]
    expect(strictestOf([remit], { name: 'use', args: { n: value } }).kind).toBe(holds ? 'allow' : 'ask')
  })

  it('reaches into an argument by its names', () => {
    const remit = [deny('use', { 'options.force': { equals: true } }), allow('use')]
    const kind = (args: Record<string, unknown>) => strictestOf([remit], { name: 'use', args }).kind
    expect(kind({ options: { force: true } })).toBe('deny')
    expect(kind({ 'options.force': true })).toBe('deny')
    expect(kind({ options: { force: false } })).toBe('allow')
    expect(kind({ options: 'force' })).toBe('allow')
  })
})

describe('a rule for certain agents', () => {
  const forAgent = (rule: Rule, agent: string): Rule => ({ ...rule, agent })
  const kind = (remits: Remit[], path: string) => strictestOf(remits, { name: 'use', args: {} }, { path }).kind

  it('allows those who hold the remit that it stands in', () => {
    const remit = [forAgent(allow('use'), 'lead/coder')]
    expect(kind([remit, [allow('*')]], 'lead/coder')).toBe('allow')
    expect(kind([remit, [allow('*')]], 'lead/coder2')).toBe('ask')
    expect(kind([[allow('*')], remit], 'lead/coder')).toBe('ask')
  })

  it('withholds from those who call, wherever above it stands', () => {
    const remit = [forAgent(deny('use'), 'lead/cod*'), ask('none'), allow('*')]
    expect(kind([[allow('*')], remit], 'lead/coder')).toBe('deny')
    expect(kind([[allow('*')], remit], 'lead/tester')).toBe('allow')
  })
})
