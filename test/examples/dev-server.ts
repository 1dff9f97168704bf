import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { symlink } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

/** The official dev server, with the langgraph.json of this repository, in a process group of its own. */
export interface DevServer {
  readonly url: string
  stop(): Promise<void>
}

const SERVED = ['langgraph.json', 'package.json', 'node_modules', 'examples']

/** What the server keeps goes to `directory`; the graphs are those of the repository. */
export async function prepareDirectory(directory: string): Promise<void> {
  for (const name of SERVED) await symlink(resolve(name), join(directory, name))
}

export async function startDevServer(options: { directory: string; workspace: string }): Promise<DevServer> {
  const port = await freePort()
  const args = ['dev', '--no-browser', '--host', '127.0.0.1', '--port', String(port), '--no-reload']
  const child = spawn(resolve('node_modules/.bin/langgraphjs'), args, {
    cwd: options.directory,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      ...process.env,
      DEPUTY_MODEL: '',
      DEPUTY_WORKSPACE: options.workspace,
      LANGGRAPH_CLI_NO_ANALYTICS: '1',
      LANGSMITH_TRACING: 'false'
    }
  })
  let log = ''
  for (const pipe of [child.stdout, child.stderr]) pipe.setEncoding('utf8').on('data', (text) => (log += text))
  const url = `http://127.0.0.1:${port}`
  await untilUp(url, { child, log: () => log })
  return { url, stop: () => stopGroup(child) }
}

async function untilUp(url: string, { child, log }: { child: ChildProcess; log: () => string }): Promise<void> {
  for (let waited = 0; waited < 60_000 && child.exitCode === null; waited += 100) {
    const answer = await fetch(`${url}/ok`).catch(() => undefined)
    if (answer?.ok) return
    await sleep(100)
  }
  await stopGroup(child)
  throw new Error(`the dev server did not start:\n${log()}`)
}

async function stopGroup(child: ChildProcess): Promise<void> {
  signalGroup(child, 'SIGTERM')
  for (let waited = 0; waited < 5000 && signalGroup(child, 0); waited += 50) await sleep(50)
  signalGroup(child, 'SIGKILL')
}

/** Whether anybody of the group was there to hear it. */
function signalGroup(child: ChildProcess, signal: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(-child.pid!, signal)
  } catch {
    return false
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  if (address === null || typeof address === 'string') throw new Error('no port was given')
  return address.port
}
