// What makes up the hooks of a workspace: the file that declares them, all in the directory beside it, and the files of the
// workspace that the commands name. What those load from elsewhere is not among them.
import { createHash } from 'node:crypto'
import { lstat, readdir, readFile, readlink } from 'node:fs/promises'
import { isAbsolute, join, relative, sep } from 'node:path'
import { HOOK_DIRECTORY, HOOK_FILE } from './places.ts'

export interface HookFiles {
  /** Relative to the workspace, sorted. */
  readonly files: readonly string[]
  /** sha256 of all of them, with their names. */
  readonly hash: string
}

export async function hookFilesOf(workspace: string, commands: readonly (readonly string[])[]): Promise<HookFiles> {
  const named = commands.flat().flatMap((word) => inside(workspace, word))
  const files = new Set([HOOK_FILE, ...(await below(workspace, HOOK_DIRECTORY)), ...named])
  const found = await Promise.all([...files].sort().map(async (file) => [file, await contentOf(join(workspace, file))]))
  const present = found.filter(([, content]) => content !== undefined)
  const hash = createHash('sha256').update(JSON.stringify(present)).digest('hex')
  return { files: present.map(([file]) => file!), hash }
}

/** A word of a command, where it can be a file of the workspace. */
function inside(workspace: string, word: string): string[] {
  const path = relative(workspace, isAbsolute(word) ? word : join(workspace, word))
  return path === '' || path === '..' || path.startsWith(`..${sep}`) || path.includes('\0') ? [] : [path]
}

async function below(workspace: string, directory: string): Promise<string[]> {
  const entries = await readdir(join(workspace, directory), { withFileTypes: true }).catch(() => [])
  const found = entries.map(async (entry) => {
    const path = join(directory, entry.name)
    return entry.isDirectory() ? below(workspace, path) : [path]
  })
  return (await Promise.all(found)).flat()
}

/** What is neither a file nor a link has no content, and nor has what is not there. */
async function contentOf(path: string): Promise<string | undefined> {
  const found = await lstat(path).catch(() => undefined)
  if (found?.isSymbolicLink()) return `link ${await readlink(path)} ${await digestOf(path).catch(() => '')}`
  return found?.isFile() ? `file ${found.mode & 0o111 ? 'x' : '-'} ${await digestOf(path)}` : undefined
}

async function digestOf(path: string): Promise<string> {
  return createHash('sha256')
    .update(await readFile(path))
    .digest('hex')
}
