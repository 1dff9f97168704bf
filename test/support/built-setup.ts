// Everything compiled once for the whole run, each file for itself as in a release. The processes that tests start come from
// there: under a loader for TypeScript each would take more than twice the time to start.
import { copyFile, mkdtemp, readdir, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { build, type Plugin } from 'esbuild'
import type { TestProject } from 'vitest/node'

declare module 'vitest' {
  interface ProvidedContext {
    /** The directory that holds what the repository holds, compiled. */
    built: string
  }
}

const REPOSITORY = join(import.meta.dirname, '../..')
const NOT_OURS = /^(\..*|node_modules|dist|docs)$/

export default async function buildAll(project: TestProject): Promise<() => Promise<void>> {
  const outdir = await mkdtemp(join(tmpdir(), 'deputy-built-'))
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
  project.provide('built', outdir)
  return () => rm(outdir, { recursive: true, force: true })
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
