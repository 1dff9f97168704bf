// The code of a release: what the package exports, and its command.
import { readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { bundle } from './bundle.ts'

interface Manifest {
  readonly bin: Record<string, string>
  readonly exports: Record<string, { readonly default: string }>
}

const REPOSITORY = join(import.meta.dirname, '..')
const DIST = './dist/'

const manifest = JSON.parse(await readFile(join(REPOSITORY, 'package.json'), 'utf8')) as Manifest
const built = [...Object.values(manifest.exports).map((entry) => entry.default), ...Object.values(manifest.bin)]
await rm(join(REPOSITORY, DIST), { recursive: true, force: true })
await bundle(
  built.map((file) => file.slice(DIST.length).replace(/\.js$/, '.ts')),
  join(REPOSITORY, DIST)
)
