import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { messageOf } from '../../state/errors.ts'

const run = promisify(execFile)

/** The real, published package with the documented fault CVE-2020-7788. */
export const PACKAGE = 'ini@1.3.5'
const TARBALL = 'ini-1.3.5.tgz'
const INTEGRITY = 'sha512-RZY5huIKCMRWDUqZlEi72f/lmXKMvuszcMBduliQ3nnWbx9X/ZBQO7DijMEYS9EhHBb2qacRUMtC7svLwe0lcw=='

/** Why there is no package to work on, with what can be done about it. */
export class PackageUnavailable extends Error {
  override readonly name = 'PackageUnavailable'
}

/**
 * Fetches the package from the registry that npm is set to, and unpacks it: gives the directory.
 * @throws PackageUnavailable
 */
export async function fetchPackage(into: string): Promise<string> {
  const tarball = await packed(into)
  const found = `sha512-${createHash('sha512').update(tarball).digest('base64')}`
  if (found !== INTEGRITY)
    throw new PackageUnavailable(
      `what the registry gave for ${PACKAGE} is not what was published: its hash is ${found}, not ${INTEGRITY}`
    )
  await run('tar', ['-xzf', TARBALL], { cwd: into }).catch((error: unknown) => {
    throw new PackageUnavailable(`${TARBALL} could not be unpacked with tar: ${messageOf(error)}`)
  })
  return join(into, 'package')
}

const QUICKLY = ['--loglevel=error', '--prefer-offline', '--fetch-retries=1', '--fetch-retry-mintimeout=1000']

async function packed(into: string): Promise<Buffer> {
  try {
    await run('npm', ['pack', PACKAGE, ...QUICKLY], { cwd: into, timeout: 60_000 })
    return await readFile(join(into, TARBALL))
  } catch (error) {
    throw new PackageUnavailable(
      `${PACKAGE} could not be fetched from ${await registryUrl()}: ${whyNot(error)}\n` +
        'Check the network, or name a registry that has it (npm config set registry URL), and run this again.'
    )
  }
}

async function registryUrl(): Promise<string> {
  const asked = await run('npm', ['config', 'get', 'registry']).catch(() => ({ stdout: 'the npm registry' }))
  return asked.stdout.trim()
}

/** What npm itself says of it, without its codes; a command that did not even start says why in its message. */
function whyNot(error: unknown): string {
  const { stderr = '' } = error as { stderr?: string }
  const said = stderr
    .split('\n')
    .flatMap((line) => /^npm (?:error|ERR!) (?!code|syscall|errno)(.+)/.exec(line)?.[1] ?? [])
  return said[0] ?? messageOf(error)
}
