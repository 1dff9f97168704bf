import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

/** The version in the package that this file belongs to, as source or built. */
export function version(directory = import.meta.dirname): string {
  const manifest = join(directory, 'package.json')
  if (existsSync(manifest)) return (JSON.parse(readFileSync(manifest, 'utf8')) as { version: string }).version
  return version(dirname(directory))
}
