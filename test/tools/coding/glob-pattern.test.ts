import assert from 'node:assert/strict'
import { describe, it } from 'vitest'
import { globPattern } from '../../../tools/coding/glob-pattern.ts'

/** pattern, what it means, what it does not mean */
const CASES: ReadonlyArray<[string, readonly string[], readonly string[]]> = [
  ['*.ts', ['a.ts', '.ts', '.hidden.ts'], ['a.js', 'src/a.ts', 'a.tsx']],
  ['src/*.ts', ['src/a.ts'], ['src/deep/a.ts', 'a.ts']],
  ['**/*.ts', ['a.ts', 'src/a.ts', 'src/deep/a.ts'], ['a.js']],
  ['src/**', ['src/a', 'src/deep/a'], ['other/a']],
  ['src/**/test/*.ts', ['src/test/a.ts', 'src/a/b/test/a.ts'], ['src/a.ts']],
  ['**/a/**/b', ['a/b', 'x/a/y/z/b', 'a/a/b/b'], ['a', 'b', 'a/c']],
  ['?.ts', ['a.ts', '😀.ts'], ['ab.ts', '.ts']],
  ['a*b*c', ['abc', 'aXbYc', 'abcbc'], ['ab', 'a/b/c']],
  ['*.{ts,tsx}', ['a.ts', 'a.tsx'], ['a.js', 'a.{ts,tsx}']],
  ['{src,test}/{a,b{1,2}}.ts', ['src/a.ts', 'test/b2.ts'], ['src/b.ts']],
  ['a{,.min}.js', ['a.js', 'a.min.js'], ['a.max.js']],
  ['{a}.ts', ['{a}.ts'], ['a.ts']],
  ['[id].tsx', ['[id].tsx'], ['i.tsx']],
  ['a.c', ['a.c'], ['abc']],
  ['./src//a.ts', ['src/a.ts'], ['a.ts']],
  ['(a|b)+$', ['(a|b)+$'], ['a']]
]

describe('a glob pattern', () => {
  for (const [pattern, meant, other] of CASES)
    it(`${pattern} means ${meant.join(', ')}`, () => {
      const matches = globPattern(pattern)
      for (const path of meant) assert.ok(matches(path), path)
      for (const path of other) assert.ok(!matches(path), path)
    })

  it('comes to an end, whatever its stars', () => {
    assert.ok(!globPattern(`${'*a'.repeat(40)}b`)('a'.repeat(2000)))
    assert.ok(!globPattern(`${'**/a/'.repeat(40)}b`)('a/'.repeat(2000)))
  })

  it('that leads out of its directory is refused', () => {
    for (const pattern of ['/etc/*', '../*', 'a/../../b'])
      assert.throws(() => globPattern(pattern), { code: 'BAD_ARGUMENTS' })
  })

  it('with too many alternatives is refused', () => {
    assert.throws(() => globPattern('{a,b}'.repeat(60)), { code: 'BAD_ARGUMENTS', message: /256 alternatives/ })
  })
})
