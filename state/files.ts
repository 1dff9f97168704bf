import { z } from 'zod'

/** What became of a file between two moments. */
export const FileChange = z.object({ path: z.string(), kind: z.enum(['added', 'changed', 'deleted']) })
export type FileChange = Readonly<z.infer<typeof FileChange>>

/**
 * Something of a workspace that is not kept, and why: it can be made again (`cache`), belongs to a repository of the person
 * (`git`), is no file, link or directory (`special`), is what a restore was at when it died (`left over`), is too large, or
 * cannot be read. Of a directory: all that is in it.
 */
export const Skipped = z.object({
  path: z.string(),
  why: z.enum(['cache', 'git', 'special', 'left over', 'too large', 'unreadable'])
})
export type Skipped = Readonly<z.infer<typeof Skipped>>
