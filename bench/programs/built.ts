import { execFile } from 'node:child_process'
import { symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const root = fileURLToPath(new URL('../../', import.meta.url))

/** Compiles the programs into `dir` as a release is compiled, and says where each is. */
export async function built(dir: string): Promise<(program: 'deputy' | 'langchain') => string> {
  const compiler = join(root, 'node_modules/typescript/bin/tsc')
  await promisify(execFile)(process.execPath, [compiler, '-p', join(root, 'bench/programs'), '--outDir', dir])
  await writeFile(join(dir, 'package.json'), '{ "type": "module" }')
  await symlink(join(root, 'node_modules'), join(dir, 'node_modules'))
  return (program) => join(dir, 'bench/programs', `${program}.js`)
}
