import { posix } from 'node:path'
import { z } from 'zod'
import { tool } from '../tool.ts'
import { directoryOf } from './directory.ts'
import { globPattern } from './glob-pattern.ts'
import { walk } from './walk.ts'

const MAX_PATHS = 1000

export const glob = tool({
  name: 'glob',
  description:
    'Finds files of the workspace by their path: `*` any text within a name, `?` one character, `**` any directories, `{a,b}` ' +
    `alternatives; src/**/*.{ts,tsx}. .git and node_modules are left out. At most ${MAX_PATHS} paths, sorted by name.`,
  effect: 'read',
  kinds: { path: 'tree' },
  args: z.object({
    pattern: z.string().min(1).describe('relative to `path`'),
    path: z.string().min(1).default('.').describe('the directory to look in')
  }),
  run: async ({ pattern, path }, run) => {
    const matches = globPattern(pattern)
    const root = await directoryOf(run, path)
    const found: string[] = []
    for await (const entry of walk(root, { signal: run.signal })) {
      if (entry.kind === 'directory' || !matches(entry.path)) continue
      if (found.length === MAX_PATHS) return [...found, `[cut after ${MAX_PATHS} paths: narrow the pattern]`].join('\n')
      found.push(posix.join(path, entry.path))
    }
    return found.join('\n') || '[no file matches]'
  }
})
