// P1. What makes other programs run something stays as it is, though the workspace around it may be changed: the configuration
//     and hooks of git name programs that the next `git status` outside of the sandbox would start, and so do ours in .deputy.
// P2. A directory above such a path is a mount of its own: it could be moved away otherwise, with another put in its place.
// P3. Nothing is made in the workspace for it. What git would heed and is not there cannot be kept from being made; it is taken
//     away again when the command is over.
// P4. The rest of .deputy, the store among it, is not for commands to read.
import { lstatSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'

/** `commondir` leads git to a configuration somewhere else. */
const HEEDED_BY_GIT = ['config', 'config.worktree', 'hooks', 'commondir']

/** Arguments that make these parts of a workspace read-only. A link among them is nothing that could be protected. */
export function protectedArgs(workspace: string): string[] {
  const git = join(workspace, '.git')
  return [
    ...(kindOf(git) === 'directory' ? ['--bind', git, git] : readOnly(git)),
    ...HEEDED_BY_GIT.flatMap((name) => readOnly(join(git, name))),
    ...ours(join(workspace, '.deputy'))
  ]
}

function ours(deputy: string): string[] {
  if (kindOf(deputy) !== 'directory') return readOnly(deputy)
  const shown = ['hooks.json', 'hooks'].flatMap((name) => readOnly(join(deputy, name)))
  return ['--tmpfs', deputy, ...shown, '--remount-ro', deputy]
}

/** What is not there and is not to be there afterwards. */
export function absentBefore(workspace: string): string[] {
  const git = join(workspace, '.git')
  if (kindOf(git) !== 'directory') return []
  return HEEDED_BY_GIT.map((name) => join(git, name)).filter((path) => !lstatSync(path, { throwIfNoEntry: false }))
}

/** Takes away what was made there. */
export async function withoutPlanted(absent: readonly string[]): Promise<void> {
  for (const path of absent) await rm(path, { recursive: true, force: true })
}

function readOnly(path: string): string[] {
  return kindOf(path) ? ['--ro-bind', path, path] : []
}

function kindOf(path: string): 'file' | 'directory' | undefined {
  const found = lstatSync(path, { throwIfNoEntry: false })
  if (found?.isDirectory()) return 'directory'
  return found?.isFile() ? 'file' : undefined
}
