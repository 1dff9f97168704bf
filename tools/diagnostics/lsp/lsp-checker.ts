// L1. A server is started when it is first needed, one for each workspace, and goes on. One that is gone is started again,
//     after a while that grows with each time; until then it counts as not there.
// L2. Each check opens the files as they are on disk and closes them again: nothing is remembered that is not there any more.
// L3. Servers tell of problems when they like, and have no word for the end of it. A check is over when all files were told of,
//     nothing came for a while, and a request behind it all was answered with nothing coming before the answer.
import { readFile } from 'node:fs/promises'
import { extname, relative } from 'node:path'
import { env } from 'node:process'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { messageOf } from '../../../state/errors.ts'
import { shellEnv } from '../../coding/shell-env.ts'
import type { About, Checked, Checker, Problem } from '../problem.ts'
import { type Connection, connected } from './connection.ts'

export interface LspCheckerInit {
  /** e.g. `typescript-language-server` with `['--stdio']` */
  readonly command: string
  readonly args?: readonly string[]
  /** Endings of the files that the server is asked about, with the language of each: `{ '.ts': 'typescript' }`. */
  readonly languages: Readonly<Record<string, string>>
  readonly initializationOptions?: unknown
  /** How long nothing may come before a check is taken to be over, and how long it may take at most. */
  readonly quietMs?: number
  readonly timeoutMs?: number
  readonly now?: () => number
}

export interface LspChecker extends Checker {
  /** Ends the servers. */
  close(): Promise<void>
}

const QUIET_MS = 700
const TIMEOUT_MS = 30_000
const FIRST_DELAY_MS = 1000
const LONGEST_DELAY_MS = 60_000

interface Server {
  readonly connection: Connection
  /** What was told of each file last, and how often something was told. */
  readonly told: Map<string, readonly LspDiagnostic[]>
  count: number
}

interface LspDiagnostic {
  readonly range: { readonly start: { readonly line: number } }
  readonly severity?: number
  readonly code?: string | number
  readonly message: string
}

interface Slot {
  server?: Promise<Server>
  failures: number
  notBefore: number
}

export function lspChecker(init: LspCheckerInit): LspChecker {
  const { languages, now = Date.now } = init
  const slots = new Map<string, Slot>()

  async function serverFor(workspace: string): Promise<Server | undefined> {
    const slot = slots.get(workspace) ?? { failures: 0, notBefore: 0 }
    slots.set(workspace, slot)
    const running = await slot.server?.catch(() => undefined)
    if (running?.connection.isOpen) return running
    if (slot.server) {
      delete slot.server
      slot.notBefore = now() + Math.min(LONGEST_DELAY_MS, FIRST_DELAY_MS * 2 ** slot.failures++)
    }
    if (now() < slot.notBefore) return undefined
    slot.server = started(workspace, init)
    return slot.server
  }

  return {
    async check(about) {
      const files = about.paths.filter((path) => Object.hasOwn(languages, extname(path)))
      if (files.length === 0) return { kind: 'unavailable', reason: `${init.command} knows no such files` }
      try {
        const server = await serverFor(about.workspace)
        if (!server) return { kind: 'unavailable', reason: `${init.command} ended, and is started again in a while` }
        const checked = await checkedBy(server, { ...about, paths: files, init })
        if (checked.kind === 'problems') slots.get(about.workspace)!.failures = 0
        return checked
      } catch (error) {
        about.signal.throwIfAborted()
        return { kind: 'unavailable', reason: `${init.command}: ${messageOf(error)}` }
      }
    },
    async close() {
      const servers = await Promise.allSettled([...slots.values()].flatMap(({ server }) => server ?? []))
      slots.clear()
      for (const server of servers) if (server.status === 'fulfilled') await server.value.connection.close()
    }
  }
}

async function started(workspace: string, init: LspCheckerInit): Promise<Server> {
  const told: Server['told'] = new Map()
  const command = { command: init.command, args: init.args ?? [], cwd: workspace, env: shellEnv(env) }
  const connection = await connected(command, (method, params) => {
    if (method !== 'textDocument/publishDiagnostics') return
    const { uri, diagnostics } = params as { uri: string; diagnostics: LspDiagnostic[] }
    told.set(fileURLToPath(uri), diagnostics)
    server.count++
  })
  const server: Server = { connection, told, count: 0 }
  const rootUri = pathToFileURL(workspace).href
  await connection.request('initialize', {
    processId: process.pid,
    rootUri,
    workspaceFolders: [{ uri: rootUri, name: 'workspace' }],
    capabilities: { textDocument: { publishDiagnostics: {}, synchronization: {} }, workspace: { configuration: true } },
    initializationOptions: init.initializationOptions ?? null
  })
  connection.notify('initialized', {})
  return server
}

async function checkedBy(server: Server, about: About & { init: LspCheckerInit }): Promise<Checked> {
  const { connection, told } = server
  const { workspace, paths, init } = about
  const texts = await Promise.all(paths.map((path) => readFile(path, 'utf8').catch(() => undefined)))
  const open = paths.flatMap((path, at) => (texts[at] === undefined ? [] : [{ path, text: texts[at] }]))
  for (const { path, text } of open) {
    told.delete(path)
    const languageId = init.languages[extname(path)]
    connection.notify('textDocument/didOpen', { textDocument: { uri: uriOf(path), languageId, version: 1, text } })
  }
  try {
    const isOver = await quiet(server, { ...about, paths: open.map(({ path }) => path) })
    if (!isOver) return { kind: 'unavailable', reason: `${init.command} did not come to an end` }
    const problems = open.flatMap(({ path }) =>
      (told.get(path) ?? []).flatMap((one) => problemOf(one, { path, workspace }))
    )
    return { kind: 'problems', problems }
  } finally {
    for (const { path } of open) connection.notify('textDocument/didClose', { textDocument: { uri: uriOf(path) } })
  }
}

const uriOf = (path: string): string => pathToFileURL(path).href

/** Whether it became quiet in time. */
async function quiet(server: Server, { paths, signal, init }: About & { init: LspCheckerInit }): Promise<boolean> {
  const { quietMs = QUIET_MS, timeoutMs = TIMEOUT_MS } = init
  for (let waited = 0; waited < timeoutMs; waited += quietMs) {
    const before = server.count
    await sleep(quietMs, undefined, { signal })
    if (!server.connection.isOpen) throw new Error('the language server is gone')
    if (server.count !== before || !paths.every((path) => server.told.has(path))) continue
    const textDocument = { uri: uriOf(paths[0] ?? '') }
    if (paths.length > 0)
      await server.connection.request('textDocument/documentSymbol', { textDocument }).catch(() => {})
    if (server.count === before) return true
  }
  return false
}

/** Hints are no problems. */
function problemOf(
  { range, severity = 1, code, message }: LspDiagnostic,
  { path, workspace }: { path: string; workspace: string }
): Problem[] {
  if (severity > 2) return []
  const named = code === undefined ? {} : { code: String(code) }
  const kind = severity === 1 ? 'error' : 'warning'
  return [{ path: relative(workspace, path), line: range.start.line + 1, message, severity: kind, ...named }]
}
