// Both sides are measured as they are published: compiled.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { compileInto } from '../build/compile.ts'
import { inTempDir } from './temp-dir.ts'

process.exitCode = await inTempDir(async (dir) => {
  await compileInto(dir)
  const bench = spawn(process.execPath, [join(dir, 'bench/main.js'), ...process.argv.slice(2)], { stdio: 'inherit' })
  const [code] = await once(bench, 'exit')
  return code ?? 1
})
