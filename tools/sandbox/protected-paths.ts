// P1. What makes other programs run something stays as it is, though the workspace around it may be changed: the configuration
//     and hooks of git, which name programs that the next `git status` outside of the sandbox would start, and .deputy.
// P2. A directory above such a path is a mount of its own: it could be moved away otherwise, with another put in its place.
// P3. Nothing is made in the workspace for it. What is not there is not kept from being made.
import { lstatSync } from 'node:fs'
import { join } from 'node:path'

/** Arguments that make these parts of a workspace read-only. A link among them is nothing that could be protected. */
export function protectedArgs(workspace: string): string[] {
  const git = join(workspace, '.git')
  return [
    ...(kindOf(git) === 'directory' ? ['--bind', git, git] : readOnly(git)),
    ...['config', 'config.worktree', 'hooks', 'commondir', 'gitdir'].flatMap((name) => readOnly(join(git, name))),
    ...readOnly(join(workspace, '.deputy'))
  ]
}

function readOnly(path: string): string[] {
  return kindOf(path) ? ['--ro-bind', path, path] : []
}

function kindOf(path: string): 'file' | 'directory' | undefined {
  const found = lstatSync(path, { throwIfNoEntry: false })
  if (found?.isDirectory()) return 'directory'
  return found?.isFile() ? 'file' : undefined
}
