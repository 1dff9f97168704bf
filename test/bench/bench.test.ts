import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { afterAll, expect, it, vi } from 'vitest'
import { builtFile } from '../support/built.ts'

// Both sides start processes and servers of their own.
vi.setConfig({ testTimeout: 5 * 60_000 })
afterAll(() => vi.resetConfig())

const bench = (...args: string[]) => promisify(execFile)(process.execPath, [builtFile('bench/main.ts'), ...args])

it('reports both sides of a step, checked, as one JSON object', async () => {
  const { stdout } = await bench('step', '--json', '--rounds', '1')
  const report = JSON.parse(stdout)
  expect(report).toMatchObject({
    case: 'step',
    machine: { cpu: expect.any(String), cores: expect.any(Number), node: process.version },
    versions: { langchain: expect.any(String) }
  })
  expect(new Date(report.date).toISOString()).toBe(report.date)
  expect(report.rows.map((row: { name: string }) => row.name)).toEqual([
    'step',
    'step, CPU',
    'step in memory',
    'step in memory, CPU'
  ])
  for (const row of report.rows) {
    expect(row).toMatchObject({ unit: expect.any(String), peer: expect.stringContaining('langchain createAgent') })
    expect([row.ours, row.theirs, row.ratio].every((value) => Number.isFinite(value) && value > 0)).toBe(true)
  }
})

it('drives a long thread on every side, and says what a turn takes and what is kept', async () => {
  const { stdout } = await bench('long-thread', '--json', '--turns', '10', '--on', 'postgres')
  const { rows } = JSON.parse(stdout)
  for (const suffix of ['', ', delta', ', createAgent'])
    for (const name of ['turn 10', 'disk', 'memory'])
      expect(rows).toContainEqual(
        expect.objectContaining({ name: `postgres ${name}${suffix}`, ratio: expect.any(Number) })
      )
})

it('reads a long thread, hot and cold', async () => {
  const { stdout } = await bench('time-travel', '--json', '--turns', '4', '--rounds', '1', '--on', 'sqlite')
  const names = JSON.parse(stdout).rows.map((row: { name: string }) => row.name)
  const reads = ['latest state', 'old state', 'history 4', 'fork and a turn']
  expect(names).toEqual(reads.flatMap((read) => [`sqlite ${read}`, `sqlite ${read}, cold`]))
})

it('judges calls under few rules and under many, and says what a verdict takes', async () => {
  const { stdout } = await bench('gate', '--json', '--rounds', '1')
  const { rows } = JSON.parse(stdout)
  for (const name of [
    'a file',
    'a file behind a link',
    'a line of shell, new',
    'a line of shell, again',
    'a tool without arguments'
  ])
    expect(rows).toContainEqual(expect.objectContaining({ name, unit: 'µs/verdict', ratio: expect.any(Number) }))
})

it('lists its cases', async () => {
  const { stdout } = await bench('--help')
  for (const name of ['step', 'durable', 'delegate', 'gate', 'coldstart', 'long-thread', 'time-travel'])
    expect(stdout).toMatch(new RegExp(`^  ${name} `, 'm'))
})

it('refuses a case that it does not know, with the list of those it does', async () => {
  await expect(bench('warp')).rejects.toMatchObject({
    code: 2,
    stderr: expect.stringContaining('there is no case "warp"')
  })
})

it.each([
  ['--rounds', 'many'],
  ['--on', 'mysql']
])('refuses %s %s', async (option, value) => {
  await expect(bench('step', option, value)).rejects.toMatchObject({ code: 2, stderr: expect.stringContaining(value) })
})
