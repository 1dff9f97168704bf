import { constants } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { RuntimeError, unreachable } from '../../state/errors.ts'

/** What was found where a text file was looked for. */
export type TextFile =
  | { kind: 'text'; bytes: Buffer }
  | { kind: 'missing' }
  | { kind: 'directory' }
  | { kind: 'binary' }
  | { kind: 'large'; size: number; max: number }
  /** A pipe, a socket, a device. */
  | { kind: 'special' }

/** What `read` and `edit` take on. */
const MAX_BYTES = 10 * 1024 * 1024

/** Never through a link: a real path has none. Never waiting for somebody to write into a pipe. */
const REAL_FILE = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK

/** Looks at a real path. Only what is unexpected is thrown. */
export async function lookAt(path: string, max = MAX_BYTES): Promise<TextFile> {
  const file = await openThere(path)
  if (!file) return { kind: 'missing' }
  try {
    const { size, ...found } = await facts(file)
    if (found.isDirectory) return { kind: 'directory' }
    if (!found.isFile) return { kind: 'special' }
    if (size > max) return { kind: 'large', size, max }
    const bytes = await file.readFile()
    return isBinary(bytes) ? { kind: 'binary' } : { kind: 'text', bytes }
  } finally {
    await file.close()
  }
}

/**
 * The bytes of a text file; `name` is how the model calls it.
 * @throws RuntimeError TOOL_FAILED where it is none, with words that help on
 */
export async function bytesOf(path: string, name: string): Promise<Buffer> {
  const found = await lookAt(path)
  if (found.kind === 'text') return found.bytes
  throw new RuntimeError('TOOL_FAILED', `${name} ${whyNot(found)}`)
}

function whyNot(found: Exclude<TextFile, { kind: 'text' }>): string {
  switch (found.kind) {
    case 'missing':
      return 'does not exist'
    case 'directory':
      return 'is a directory: use `list` to see what is in it'
    case 'binary':
      return 'is a binary file, not text'
    case 'large':
      return `has ${found.size} bytes, more than the ${found.max} that are read at once: use \`search\` or \`shell\``
    case 'special':
      return 'is not a regular file'
    default:
      return unreachable(found)
  }
}

async function openThere(path: string): Promise<FileHandle | undefined> {
  try {
    return await open(path, REAL_FILE)
  } catch (error) {
    if (error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR')) return
    throw error
  }
}

async function facts(file: FileHandle) {
  const found = await file.stat()
  return { size: found.size, isFile: found.isFile(), isDirectory: found.isDirectory() }
}

/** A NUL near the beginning, as git decides it. */
function isBinary(bytes: Buffer): boolean {
  return bytes.subarray(0, 8000).includes(0)
}
