/** What an agent needs to work on code. Each tool stays inside the run's workspace; the shell only starts there. */
import type { Tool } from '../tool.ts'
import { applyPatch } from './apply-patch.ts'
import { edit } from './edit.ts'
import { glob } from './glob.ts'
import { list } from './list.ts'
import { multiEdit } from './multi-edit.ts'
import { read } from './read.ts'
import { search } from './search.ts'
import { shell } from './shell.ts'
import { write } from './write.ts'

export type { ShellOptions } from './shell.ts'
export { shellTool } from './shell.ts'
export { applyPatch, edit, glob, list, multiEdit, read, search, shell, write }

/** The tools that change nothing. */
export const readingTools: readonly Tool[] = [read, list, glob, search]

export const codingTools: readonly Tool[] = [...readingTools, write, edit, shell]

/** More ways to change files: several places, or several files, all of it or nothing. */
export const patchingTools: readonly Tool[] = [multiEdit, applyPatch]
