// S1. The command is started as it stands, without a shell, with no more of our environment than PATH, HOME and the like.
// S2. When the connection is closed no process of its group runs any more.
// S3. A line that is no message is left aside; one that is too long ends the connection, since the next could not be found.
import { type ChildProcess, spawn } from 'node:child_process'
import { type JSONRPCMessage, parseJSONRPCMessage, type Transport } from '@modelcontextprotocol/client'
import { messageOf, RuntimeError } from '../../state/errors.ts'
import { endGroup, signalGroup } from '../coding/process-group.ts'
import { tooLarge } from '../web/limited-body.ts'
import type { McpServer } from './server.ts'

type StdioServer = Extract<McpServer, { type: 'stdio' }>

const GRACE_MS = 2_000
const ERRORS_KEPT = 4_000
const LINE_FEED = 10
const INHERITED = ['PATH', 'HOME', 'USER', 'LOGNAME', 'SHELL', 'TERM', 'LANG', 'TZ', 'TMPDIR'] as const

/** A server in a process of its own. `stderr` and `pid` tell the client what kind of transport it is. */
export class StdioTransport implements Transport {
  onclose?: (() => void) | undefined
  onerror?: ((error: Error) => void) | undefined
  onmessage?: Transport['onmessage']
  readonly stderr = null

  readonly #server: StdioServer
  #child: ChildProcess | undefined
  #lines: Buffer[] = []
  #held = 0
  #errors = ''
  #delivered: Promise<void> = Promise.resolve()
  #ending: Promise<void> | undefined

  constructor(server: StdioServer) {
    this.#server = server
  }

  get pid(): number | null {
    return this.#child?.pid ?? null
  }

  /** The last that it wrote beside its messages. */
  get lastWords(): string {
    return this.#errors
  }

  async start(): Promise<void> {
    const { command, args, env, cwd } = this.#server
    const inherited = INHERITED.flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name]]]))
    const child = spawn(command, args, {
      env: { ...Object.fromEntries(inherited), ...env },
      ...(cwd !== undefined && { cwd }),
      detached: true,
      stdio: ['pipe', 'pipe', 'pipe']
    })
    this.#child = child
    process.once('exit', this.#killed)
    child.stdin.on('error', (error) => this.onerror?.(error))
    child.stdout.on('data', (chunk: Buffer) => this.#read(chunk))
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.#errors = (this.#errors + text).slice(-ERRORS_KEPT)
    })
    child.on('exit', (code, signal) => {
      this.onerror?.(new RuntimeError('MCP_UNAVAILABLE', `it ended ${signal ? `by ${signal}` : `with code ${code}`}`))
      void this.close()
    })
    await new Promise<void>((resolve, reject) => {
      child.once('spawn', resolve)
      child.once('error', (error) =>
        reject(new RuntimeError('MCP_UNAVAILABLE', `it cannot be started: ${messageOf(error)}`))
      )
    })
  }

  async send(message: JSONRPCMessage): Promise<void> {
    const stdin = this.#child?.stdin
    if (!stdin?.writable) throw new RuntimeError('MCP_UNAVAILABLE', 'it does not run any more')
    await new Promise<void>((resolve, reject) => {
      stdin.write(`${JSON.stringify(message)}\n`, (error) => (error ? reject(error) : resolve()))
    })
  }

  close(): Promise<void> {
    this.#ending ??= this.#end()
    return this.#ending
  }

  /** Where our own process ends without having closed anything, there is no time to ask. */
  readonly #killed = (): void => {
    if (this.#child?.pid !== undefined) signalGroup(this.#child.pid, 'SIGKILL')
  }

  async #end(): Promise<void> {
    const child = this.#child
    if (child?.pid !== undefined) {
      child.stdin?.end()
      await endGroup(child.pid, GRACE_MS)
      process.off('exit', this.#killed)
      for (const pipe of [child.stdin, child.stdout, child.stderr]) pipe?.destroy()
    }
    this.#lines = []
    this.onclose?.()
  }

  #read(chunk: Buffer): void {
    let from = 0
    for (let end = chunk.indexOf(LINE_FEED); end >= 0; end = chunk.indexOf(LINE_FEED, from)) {
      if (!this.#hold(chunk.subarray(from, end))) return
      const line = Buffer.concat(this.#lines).toString('utf8')
      this.#lines = []
      this.#held = 0
      this.#take(line)
      from = end + 1
    }
    this.#hold(chunk.subarray(from))
  }

  #hold(piece: Buffer): boolean {
    if (this.#ending) return false
    this.#held += piece.length
    if (this.#held > this.#server.limits.bytes) {
      this.#lines = []
      this.onerror?.(tooLarge(this.#server.limits.bytes))
      void this.close()
      return false
    }
    this.#lines.push(piece)
    return true
  }

  #take(line: string): void {
    if (!line.trim()) return
    let message: JSONRPCMessage
    try {
      message = parseJSONRPCMessage(JSON.parse(line))
    } catch (error) {
      this.onerror?.(new Error(`a line that is no message: ${messageOf(error)}`))
      return
    }
    // One after the other: what is told of a call on the way would be dropped once its answer is there.
    this.#delivered = this.#delivered.then(() => this.onmessage?.(message))
  }
}
