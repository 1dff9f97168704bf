import { join } from 'node:path'
import { build } from 'esbuild'

const REPOSITORY = join(import.meta.dirname, '..')

/**
 * Bundles these files as a release is: what several of them import is there once, in files beside them. A process then opens a few
 * files in place of some hundred, and starts that much sooner. Packages stay packages.
 */
export async function bundle(files: readonly string[], outdir: string): Promise<void> {
  await build({
    entryPoints: files.map((file) => join(REPOSITORY, file)),
    outdir,
    outbase: REPOSITORY,
    bundle: true,
    splitting: true,
    packages: 'external',
    platform: 'node',
    format: 'esm',
    target: 'node20',
    sourcemap: true,
    logLevel: 'error'
  })
}
