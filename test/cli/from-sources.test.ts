import { execFile } from 'node:child_process'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { assert, it } from 'vitest'
import { tempDir } from '../support/temp-dir.ts'
import { envWith } from './deputy.ts'

const TSX = resolve('node_modules/tsx/dist/loader.mjs')
const AGENTS = join(import.meta.dirname, 'fixtures/agents.ts')

/** All other tests start it compiled, with agents that are compiled as well. */
it('deputy runs from its sources under tsx, with agents in TypeScript', { timeout: 120_000 }, async () => {
  const args = [
    '--import',
    TSX,
    resolve('cli/main.ts'),
    'run',
    '--agents',
    AGENTS,
    '--agent',
    'lead',
    'say one; say two'
  ]
  const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: await tempDir(), env: envWith({}) })
  assert.match(stdout, /^lead: started, thread [0-9a-f-]{36}\nlead: delegates to clerk: say one\n/)
  assert.match(stdout, /\nall is done\n\nthread /)
})
