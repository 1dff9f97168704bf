// C1. Every request is answered or fails: with the server's error, or because the server is gone.
// C2. The server is a group of processes of its own, and ends as one: with the connection, or with this process.
import { type ChildProcessByStdio, spawn } from 'node:child_process'
import { once } from 'node:events'
import type { Readable, Writable } from 'node:stream'
import { endGroup } from '../../coding/process-group.ts'
import { framed, unframed } from './framing.ts'

export interface ServerCommand {
  readonly command: string
  readonly args: readonly string[]
  readonly cwd: string
  readonly env: NodeJS.ProcessEnv
}

export interface Connection {
  request(method: string, params: unknown): Promise<unknown>
  notify(method: string, params: unknown): void
  readonly isOpen: boolean
  close(): Promise<void>
}

interface Message {
  readonly id?: number | string
  readonly method?: string
  readonly params?: unknown
  readonly result?: unknown
  readonly error?: { readonly message?: string }
}

type Waiting = { settle(result: unknown): void; fail(error: Error): void }

const GRACE_MS = 1000

/** Starts a language server. Rejects where it cannot be started. */
export async function connected(
  { command, args, cwd, env }: ServerCommand,
  onNotification: (method: string, params: unknown) => void
): Promise<Connection> {
  const server = spawn(command, [...args], { cwd, env, detached: true, stdio: ['pipe', 'pipe', 'ignore'] })
  await once(server, 'spawn')
  const pid = server.pid!
  const waiting = new Map<number, Waiting>()
  let isOpen = true
  let lastId = 0
  const endWithUs = () => {
    try {
      process.kill(-pid, 'SIGKILL')
    } catch {
      // It is gone already.
    }
  }
  process.once('exit', endWithUs)
  holding(server, false)

  function gone(why: string): void {
    isOpen = false
    process.off('exit', endWithUs)
    for (const { fail } of waiting.values()) fail(new Error(why))
    waiting.clear()
    holding(server, false)
  }

  function send(message: object): void {
    if (isOpen) server.stdin.write(framed({ jsonrpc: '2.0', ...message }))
  }

  function heard(message: Message): void {
    if (message.method === undefined) answered(message)
    else if (message.id === undefined) onNotification(message.method, message.params)
    else send({ id: message.id, result: answerTo(message) })
  }

  function answered({ id, result, error }: Message): void {
    const asked = waiting.get(id as number)
    waiting.delete(id as number)
    holding(server, waiting.size > 0)
    if (error) asked?.fail(new Error(error.message ?? 'the language server refused'))
    else asked?.settle(result)
  }

  const take = unframed((message) => heard(message as Message))
  server.stdout.on('data', (bytes: Buffer) => {
    try {
      take(bytes)
    } catch {
      endWithUs()
    }
  })
  server.stdin.on('error', () => {})
  server.once('exit', () => gone('the language server is gone'))

  return {
    get isOpen() {
      return isOpen
    },
    notify: (method, params) => send({ method, params }),
    request: (method, params) =>
      new Promise((settle, fail) => {
        if (!isOpen) return fail(new Error('the language server is gone'))
        const id = ++lastId
        waiting.set(id, { settle, fail })
        holding(server, true)
        send({ id, method, params })
      }),
    async close() {
      gone('the connection was closed')
      await endGroup(pid, GRACE_MS)
    }
  }
}

/** Whether the process waits for the server. One that is idle keeps nobody from ending. */
function holding(server: ChildProcessByStdio<Writable, Readable, null>, isHeld: boolean): void {
  const how = isHeld ? 'ref' : 'unref'
  server[how]()
  for (const pipe of [server.stdin, server.stdout])
    (pipe as unknown as Partial<Record<typeof how, () => void>>)[how]?.()
}

/** What servers ask of an editor, of which there is none. */
function answerTo({ method, params }: Message): unknown {
  if (method !== 'workspace/configuration') return null
  return ((params as { items?: unknown[] }).items ?? []).map(() => null)
}
