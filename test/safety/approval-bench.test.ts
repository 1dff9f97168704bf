import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { assert, it } from 'vitest'
import type { VerdictRow } from '../../bench/verdicts.ts'
import { builtFile } from '../support/built.ts'

it('the bench case approval-safety finds that ours passes all five, and tells what was seen on both sides', async () => {
  const { stdout } = await promisify(execFile)(process.execPath, [
    ...[builtFile('bench/main.ts'), 'approval-safety'],
    ...['--json', '--rounds', '1']
  ])
  const report = JSON.parse(stdout) as { case: string; versions: Record<string, string>; rows: VerdictRow[] }
  assert.equal(report.case, 'approval-safety')
  assert.isString(report.versions.langchain)
  assert.deepEqual(
    report.rows.map(({ ours }) => ours),
    ['pass', 'pass', 'pass', 'pass', 'pass'],
    report.rows.map(({ name, observed }) => `${name}: ${observed.ours}`).join('\n')
  )
  for (const { unit, theirs, ratio, peer, observed } of report.rows) {
    assert.equal(unit, 'pass/fail')
    assert.oneOf(theirs, ['pass', 'fail'])
    assert.isNull(ratio)
    assert.include(peer, 'langchain createAgent')
    assert.ok(observed.ours && observed.theirs)
  }
})
