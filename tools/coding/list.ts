import { readlink } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { z } from 'zod'
import { tool } from '../tool.ts'
import { directoryOf } from './directory.ts'
import { type Entry, walk } from './walk.ts'

const MAX_ENTRIES = 1000

export const list = tool({
  name: 'list',
  description:
    'Lists a directory of the workspace as a tree: directories end with a slash, links show where they lead. ' +
    `.git and node_modules are named but not entered. At most ${MAX_ENTRIES} entries.`,
  effect: 'read',
  kinds: { path: 'tree' },
  args: z.object({
    path: z.string().min(1).default('.').describe('relative to the workspace, or absolute inside of it'),
    depth: z.number().int().min(1).max(20).default(1).describe('how many levels')
  }),
  run: async ({ path, depth }, run) => {
    const root = await directoryOf(run, path)
    const lines: string[] = []
    for await (const entry of walk(root, { signal: run.signal, depth })) {
      if (lines.length === MAX_ENTRIES) return [...lines, `[cut after ${MAX_ENTRIES} entries]`].join('\n')
      lines.push('  '.repeat(entry.depth - 1) + (await shown(entry, root)))
    }
    return lines.join('\n') || '[empty directory]'
  }
})

async function shown({ path, kind, skipped }: Entry, root: string): Promise<string> {
  const name = basename(path)
  if (kind === 'directory') return skipped ? `${name}/ [not entered]` : `${name}/`
  if (kind === 'link') return `${name} -> ${await readlink(join(root, path)).catch(() => '?')}`
  return name
}
