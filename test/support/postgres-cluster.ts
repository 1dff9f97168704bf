// A real Postgres of its own, thrown away at the end.
import { spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { postgresPackage } from './postgres-package.ts'

const PASSWORD = 'a-test-password'
/** Only this machine may connect, over TCP. */
const LOCAL = ['listen_addresses=127.0.0.1', 'unix_socket_directories=']

/** `settings` are those of the server, `name=value`. */
export async function startCluster(settings: readonly string[]): Promise<{ url: string; stop: () => Promise<void> }> {
  const { EmbeddedPostgres, remove } = await postgresPackage()
  // The package ends the process with 0 when nothing is left to do, also after tests that failed. It has nothing left to stop
  // then: we go first, with the exit code that the run has earned.
  process.prependListener('beforeExit', () => process.exit())
  const databaseDir = await mkdtemp(join(tmpdir(), 'deputy-postgres-'))
  const port = await freePort()
  const log: string[] = []
  const cluster = new EmbeddedPostgres({
    databaseDir,
    port,
    user: 'postgres',
    password: PASSWORD,
    persistent: false,
    createPostgresUser: process.getuid?.() === 0, // Postgres refuses to run as root
    initdbFlags: ['--no-sync', '--encoding=UTF8'],
    postgresFlags: [...LOCAL, ...settings].flatMap((flag) => ['-c', flag]),
    onLog: (line) => void log.push(line),
    onError: (error) => void log.push(String(error))
  })
  try {
    await cluster.initialise()
    await cluster.start()
  } catch (thrown) {
    await rm(databaseDir, { recursive: true, force: true })
    await remove()
    throw new Error(`${thrown ?? 'the server ended'}\n${log.join('')}`)
  }
  const dismissGuard = guard(databaseDir)
  const stop = async () => {
    dismissGuard()
    await cluster.stop()
    await remove()
  }
  return { url: `postgresql://postgres:${PASSWORD}@127.0.0.1:${port}/postgres`, stop }
}

/**
 * A shell that outlives us: when our end of the pipe closes without a dismissal, we were killed, and it ends the server
 * and removes its files. The process id is read from the server's own file, so it cannot be another's.
 */
function guard(databaseDir: string): () => void {
  const script = 'read -r dismissed || { kill -INT "$(head -n 1 "$0/postmaster.pid")"; sleep 1; rm -rf "$0"; }'
  const shell = spawn('sh', ['-c', script, databaseDir], { detached: true, stdio: ['pipe', 'ignore', 'ignore'] })
  shell.on('error', () => {}) // no shell, no guard
  shell.unref()
  return () => void shell.stdin.end('dismissed\n')
}

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  await new Promise((resolve) => server.close(resolve))
  if (address === null || typeof address === 'string') throw new Error('no free port')
  return address.port
}
