import { assert, describe, it } from 'vitest'
import { problemsIn } from '../../../tools/diagnostics/command-checker.ts'
import { newProblems, type Problem } from '../../../tools/diagnostics/problem.ts'

const problem = (message: string, more: Partial<Problem> = {}): Problem => ({
  path: 'a.ts',
  line: 1,
  message,
  severity: 'error',
  ...more
})

describe('new problems', () => {
  it('are those that were not there, wherever the old ones stand now', () => {
    const before = [problem('old', { line: 3 })]
    const after = [problem('new'), problem('old', { line: 9 }), problem('old', { path: 'b.ts' })]
    assert.deepEqual(newProblems(before, after), [after[0], after[2]])
  })

  it('are also those that are there once more', () => {
    const twice = [problem('same'), problem('same', { line: 5 })]
    assert.deepEqual(newProblems(twice.slice(0, 1), twice), [twice[1]])
    assert.deepEqual(newProblems(twice, twice.slice(0, 1)), [])
  })
})

it('what compilers and linters say is read, and nothing else', () => {
  const said = [
    "src/a.ts(3,7): error TS2322: Type 'string' is not assignable to type 'number'.",
    'lib/b.py:4:1: F401 unused import',
    '/srv/space/c.c:5:6: warning: unused variable',
    'd.rs:7: error[E0308]: mismatched types',
    'e.c:8:1: note: declared here',
    'Found 3 errors in 2 files.',
    '  at file.js:1:2',
    ''
  ].join('\n')
  assert.deepEqual(problemsIn(said, '/srv/space'), [
    {
      path: 'src/a.ts',
      line: 3,
      message: "Type 'string' is not assignable to type 'number'.",
      severity: 'error',
      code: 'TS2322'
    },
    { path: 'lib/b.py', line: 4, message: 'F401 unused import', severity: 'error' },
    { path: 'c.c', line: 5, message: 'unused variable', severity: 'warning' },
    { path: 'd.rs', line: 7, message: 'mismatched types', severity: 'error', code: 'E0308' }
  ])
})
