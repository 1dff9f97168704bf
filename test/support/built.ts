import { join, relative, resolve } from 'node:path'
import { inject } from 'vitest'

const REPOSITORY = join(import.meta.dirname, '../..')

/** Where a TypeScript file of the repository is in its compiled form, for a process of its own. */
export function builtFile(file: string): string {
  return join(inject('built'), relative(REPOSITORY, resolve(file)).replace(/\.ts$/, '.js'))
}
