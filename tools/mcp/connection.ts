// What the hub has of one server for one principal.
//
// C1. There is one link at a time, made by whoever needs it first; those who come meanwhile wait for the same one.
// C2. After a failure the next attempt waits, longer each time. A call waits for it; a look at the tools does not.
// C3. A call is sent once. Only what the server has certainly not acted on is sent again: after an authorization, or where the
//     session was not known any more.
import {
  type CallToolResult,
  type InputRequiredResult,
  type InputResponses,
  type Tool as ListedTool,
  type Progress,
  SdkHttpError
} from '@modelcontextprotocol/client'
import type { BackOff } from '../../state/back-off.ts'
import { delayBefore } from '../../state/back-off.ts'
import type { Clock } from '../../state/context.ts'
import { RuntimeError } from '../../state/errors.ts'
import { matches } from '../pattern.ts'
import type { AskedFor, ElicitationHandling } from './asked-in-process.ts'
import { isBounded } from './bounded-schema.ts'
import { failureWith } from './failure.ts'
import { type Link, type LinkParts, openLink } from './link.ts'
import type { McpServer } from './server.ts'
import { turnstile } from './turnstile.ts'

export interface ConnectionParts extends Omit<LinkParts, 'onListChanged' | 'handling'> {
  readonly name: string
  readonly server: McpServer
  readonly clock: Clock
  readonly chance: () => number
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>
  readonly handling: (unanswered: (what: AskedFor) => void) => ElicitationHandling
  /** Gets what a request failed for the lack of; says whether there is anything new to try it with. */
  readonly settle?: ((error: unknown, signal: AbortSignal) => Promise<boolean>) | undefined
}

export interface SentCall {
  readonly name: string
  readonly arguments: Record<string, unknown>
  readonly inputResponses?: InputResponses
  readonly requestState?: string
}

export interface Calling {
  readonly signal: AbortSignal
  readonly tool: ListedTool
  onProgress(progress: Progress): void
}

export interface Answered {
  readonly result: CallToolResult | InputRequiredResult
  /** What the server asked for in the middle of the call and did not get. */
  readonly unanswered: ReadonlySet<AskedFor>
}

export interface Connection {
  readonly name: string
  readonly server: McpServer
  /** The tools as they were listed last. */
  tools(): readonly ListedTool[]
  /** Counts the lists that were taken: another number, perhaps other tools. */
  epoch(): number
  failure(): RuntimeError | undefined
  /** Sees to it that the list is of now. Where the server cannot be reached `failure` says so. */
  refresh(signal: AbortSignal): Promise<void>
  /** @throws RuntimeError MCP_UNAVAILABLE, MCP_AUTH_NEEDED, TOOL_FAILED, TOOL_TIMEOUT, RESPONSE_TOO_LARGE, URL_REFUSED */
  call(call: SentCall, calling: Calling): Promise<Answered>
  /** For whatever else a server can be asked. */
  use<T>(work: (link: Link, signal: AbortSignal) => Promise<T>, signal: AbortSignal): Promise<T>
  close(): Promise<void>
}

const BACK_OFF: BackOff = { attempts: 100, firstMs: 250, factor: 2, capMs: 15_000 }
/** A list is taken again after this, whatever its server says of how long it holds. */
const OLDEST_MS = 300_000
const YOUNGEST_MS = 10_000
/** Of one piece of work: each may cost a person a walk to a browser. */
const MOST_SETTLEMENTS = 2

export function connection(parts: ConnectionParts): Connection {
  const { name, server, clock, chance, sleep } = parts
  const through = turnstile(server.limits.calls)
  let opening: Promise<Link> | undefined
  let link: Link | undefined
  let failures = 0
  let retryAt = 0
  let failure: RuntimeError | undefined
  let listed: readonly ListedTool[] = []
  let staleAt = 0
  let epoch = 0
  const calls = new Set<Set<AskedFor>>()
  const life = new AbortController()

  async function open(signal: AbortSignal): Promise<Link> {
    if (link?.isOpen()) return link
    if (life.signal.aborted) throw new RuntimeError('MCP_UNAVAILABLE', 'the hub is closed')
    opening ??= opened().finally(() => {
      opening = undefined
    })
    return untilAborted(opening, signal)
  }

  /** Whoever comes first may leave first: the link is opened for all of them. */
  async function opened(): Promise<Link> {
    const { signal } = life
    await sleep(retryAt - clock.now(), signal)
    try {
      const handling = parts.handling(noteUnanswered)
      await handling.checked()
      link = await openLink(server, { ...parts, handling, onListChanged: expire }, signal)
      failures = 0
      expire()
      return link
    } catch (error) {
      if (signal.aborted) throw signal.reason
      failures++
      retryAt = clock.now() + (delayBefore(failures + 1, { backOff: BACK_OFF, chance: chance() }) ?? BACK_OFF.capMs)
      throw error
    }
  }

  function expire(): void {
    staleAt = 0
  }

  /** Which of the open calls it was for, no server of 2025 says over stdio. */
  function noteUnanswered(what: AskedFor): void {
    for (const call of calls) call.add(what)
  }

  async function drop(): Promise<void> {
    const dropped = link
    link = undefined
    await dropped?.close().catch(() => {})
  }

  /** One piece of work with as many authorizations as it may take, and a new session where the old one is gone. */
  async function use<T>(work: (link: Link, signal: AbortSignal) => Promise<T>, signal: AbortSignal): Promise<T> {
    let settlements = parts.settle ? MOST_SETTLEMENTS : 0
    for (let lost = 0; ; ) {
      let current: Link | undefined
      try {
        current = await open(signal)
        return await work(current, signal)
      } catch (error) {
        if (signal.aborted) throw signal.reason
        if (settlements-- > 0 && (await parts.settle!(error, signal))) retryAt = 0
        else if (current && isLostSession(error) && lost++ === 0) await drop()
        else throw Object.assign(error as Error, { broken: current?.broken() })
      }
    }
  }

  async function list(signal: AbortSignal): Promise<void> {
    let startedAt = clock.now()
    const { tools, ttlMs = OLDEST_MS } = await use(async ({ client }) => {
      startedAt = clock.now()
      // What changes from here on may not be in the list any more.
      staleAt = startedAt + OLDEST_MS
      if (!client.getServerCapabilities()?.tools) return { tools: [] as ListedTool[] }
      const result = await client.listTools(undefined, { cacheMode: 'refresh', signal, timeout: server.timeoutMs })
      return result as { tools: ListedTool[]; ttlMs?: number }
    }, signal)
    listed = taken(tools, server)
    epoch++
    if (staleAt !== 0) staleAt = startedAt + Math.min(Math.max(ttlMs, YOUNGEST_MS), OLDEST_MS)
  }

  const failed = (error: unknown, sent: boolean) =>
    failureWith(error, { server: name, sent, broken: (error as { broken?: Error }).broken })

  return {
    name,
    server,
    tools: () => listed,
    epoch: () => epoch,
    failure: () => failure,
    async refresh(signal) {
      const isCurrent = link?.isOpen() && clock.now() < staleAt
      if (isCurrent || (!opening && clock.now() < retryAt)) return
      try {
        await list(signal)
        failure = undefined
      } catch (error) {
        if (signal.aborted) throw signal.reason
        failure = failed(error, false)
      }
    },
    async call({ name: tool, ...rest }, { signal, tool: definition, onProgress }) {
      return through(async () => {
        let sent = false
        const unanswered = new Set<AskedFor>()
        calls.add(unanswered)
        try {
          const result = await use(({ client }) => {
            sent = true
            return client.callTool({ name: tool, ...rest } as Parameters<typeof client.callTool>[0], {
              signal,
              timeout: server.timeoutMs,
              maxTotalTimeout: server.totalMs,
              resetTimeoutOnProgress: true,
              onprogress: onProgress,
              allowInputRequired: true,
              // What it gives back is checked by us: a question is no result, and has no structure to check.
              toolDefinition: withoutOutputSchema(definition)
            })
          }, signal)
          failure = undefined
          return { result: result as Answered['result'], unanswered }
        } catch (error) {
          if (signal.aborted) throw signal.reason
          throw failed(error, sent && !isRefusal(error))
        } finally {
          calls.delete(unanswered)
        }
      }, signal)
    },
    async use(work, signal) {
      try {
        return await use(work, signal)
      } catch (error) {
        if (signal.aborted) throw signal.reason
        throw failed(error, false)
      }
    },
    async close() {
      life.abort(new RuntimeError('MCP_UNAVAILABLE', 'the hub is closed'))
      await opening?.catch(() => {})
      await drop()
    }
  }
}

function taken(tools: readonly ListedTool[], { include, exclude, limits }: McpServer): readonly ListedTool[] {
  const seen = new Set<string>()
  const wanted = tools.filter(({ name }) => {
    const isTaken =
      (!include || include.some((pattern) => matches(pattern, name))) &&
      !exclude.some((pattern) => matches(pattern, name))
    return isTaken && !seen.has(name) && seen.add(name)
  })
  return wanted
    .filter((tool) => isBounded(tool) && JSON.stringify(tool).length <= limits.definition)
    .slice(0, limits.tools)
}

function withoutOutputSchema({ outputSchema: _, ...tool }: ListedTool): ListedTool {
  return tool
}

function untilAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  if (signal.aborted) return Promise.reject(signal.reason)
  return new Promise((resolve, reject) => {
    const leave = () => reject(signal.reason)
    signal.addEventListener('abort', leave, { once: true })
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', leave))
  })
}

/** A server that forgot a session has not acted on what came in it. */
const isLostSession = (error: unknown): boolean => error instanceof SdkHttpError && error.status === 404

/** Answered by status, and so not acted on. */
const isRefusal = (error: unknown): boolean =>
  error instanceof SdkHttpError && error.status >= 400 && error.status < 500
