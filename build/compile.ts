import { copyFile, readdir, symlink } from 'node:fs/promises'
import { join } from 'node:path'
import { build, type Plugin } from 'esbuild'

const REPOSITORY = join(import.meta.dirname, '..')
const NOT_OURS = /^(\..*|node_modules|dist|docs)$/

/**
 * Compiles all that is in the repository into a directory, each file for itself: a loader for TypeScript makes processes start
 * slower, and keeps the names of functions at a cost to each of them.
 */
export async function compileInto(outdir: string): Promise<void> {
  await build({
    entryPoints: await sources(),
    outdir,
    outbase: REPOSITORY,
    bundle: true, // for `apart` alone
    treeShaking: false,
    packages: 'external',
    plugins: [apart],
    platform: 'node',
    format: 'esm',
    logLevel: 'error'
  })
  await copyFile(join(REPOSITORY, 'package.json'), join(outdir, 'package.json'))
  await symlink(join(REPOSITORY, 'node_modules'), join(outdir, 'node_modules'))
}

/** What a file imports of ours stays a file beside it, of the name that it has when it is compiled. */
const apart: Plugin = {
  name: 'apart',
  setup({ onResolve }) {
    onResolve({ filter: /^\.\.?\// }, ({ path }) => ({ path: path.replace(/\.ts$/, '.js'), external: true }))
  }
}

async function sources(): Promise<string[]> {
  const top = await readdir(REPOSITORY)
  const folders = top.filter((name) => !NOT_OURS.test(name) && !name.includes('.'))
  const files = await Promise.all(
    folders.map(async (folder) => {
      const names = await readdir(join(REPOSITORY, folder), { recursive: true }).catch(() => []) // a file
      return names.map((name) => join(folder, name))
    })
  )
  const ours = [...top, ...files.flat()].filter((name) => name.endsWith('.ts'))
  return ours.map((name) => join(REPOSITORY, name))
}
