import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { symlink } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { bundle } from '../../build/bundle.ts'
import type { BenchCase } from '../case.ts'
import { alternated, type Side } from '../measure.ts'
import type { Answered } from '../programs/answered.ts'
import { timeRows } from '../rows.ts'
import { PEER } from '../sides/langchain.ts'
import { inTempDir } from '../temp-dir.ts'
import { answerTo, textOf } from '../workload.ts'

const WARM_UPS = 2
const OURS = 'bench/programs/deputy.js'
const THEIRS = 'bench/programs/langchain.js'

export const coldstart: BenchCase = {
  summary: 'from the start of a process to its first answer on stdout: one step on a new SQLite file',
  rounds: 11,
  notMeasured: [
    'a cold disk: the modules are in the page cache after the first start',
    'compile caches, and bundles of packages: both programs import from node_modules; what is ours is bundled as in a release',
    'loading a real provider'
  ],
  run: ({ rounds }) =>
    inTempDir(async (dir) => {
      await bundle([OURS, THEIRS], dir)
      await symlink(fileURLToPath(new URL('../../node_modules', import.meta.url)), join(dir, 'node_modules'))
      const sides = { ours: starting(join(dir, OURS), dir), theirs: starting(join(dir, THEIRS), dir) }
      const samples = await alternated(sides, { rounds, warmUps: WARM_UPS })
      return { rows: timeRows(samples, { name: 'coldstart', peer: PEER, per: { of: 'start', count: 1 } }) }
    })
}

/** Starts the program with a file that is not there yet, and is done at the first line that it prints. */
function starting(program: string, dir: string): Side {
  return async () => {
    const child = spawn(process.execPath, [program, join(dir, `${crypto.randomUUID()}.db`)], {
      stdio: ['ignore', 'pipe', 'inherit']
    })
    const ended = once(child, 'exit')
    const [line] = await Promise.race([once(child.stdout, 'data'), ended])
    const { text, cpuMs } = JSON.parse(String(line)) as Answered
    return {
      cpuMs,
      async check() {
        assert.equal(text, answerTo(textOf('task 0')))
        assert.deepEqual(await ended, [0, null])
      }
    }
  }
}
