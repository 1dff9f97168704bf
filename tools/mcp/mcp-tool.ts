import type { CallToolResult, Tool as ListedTool } from '@modelcontextprotocol/client'
import type { Effect } from '../../state/call-records.ts'
import type { ToolRun } from '../../state/context.ts'
import { RuntimeError } from '../../state/errors.ts'
import { enveloped, visible } from '../envelope.ts'
import { matches } from '../pattern.ts'
import type { Tool, ToolOutput } from '../tool.ts'
import type { AskedFor, Offered } from './asked-in-process.ts'
import { checkBy } from './bounded-schema.ts'
import type { Connection, SentCall } from './connection.ts'
import { resultText } from './result-text.ts'
import { keptRound, needsOf, type Round, responsesTo, roundOf } from './round.ts'
import type { McpServer } from './server.ts'

export interface McpToolInit {
  /** Under which the model knows it. */
  readonly name: string
  readonly server: { readonly name: string; readonly config: McpServer }
  /** What it was when it was listed last, if it was. */
  readonly listed: ListedTool | undefined
  /**
   * The tool as it is listed for whoever calls.
   * @throws RuntimeError MCP_UNREVIEWED, UNKNOWN_TOOL, MCP_UNAVAILABLE, MCP_AUTH_NEEDED
   */
  reviewed(run: ToolRun): Promise<{ tool: ListedTool; connection: Connection; offered: Offered }>
  readonly spec: Pick<Tool, 'description' | 'schema'>
}

/** Rounds of questions that a server may go through without a person. */
const MOST_ROUNDS = 10
const MOST_PROGRESS = 500
const LONGEST_PROGRESS = 300

/** A tool of a server. Its arguments go out as they were judged, and what comes back is to be read, and orders nothing. */
export function mcpTool({ name, server, listed, reviewed, spec }: McpToolInit): Tool {
  const check = listed && checkBy(listed.inputSchema)
  return {
    name,
    ...spec,
    effect: effectOf(listed?.name ?? name.slice(server.name.length + 2), server.config),
    reach: 'outside',
    timeoutMs: server.config.totalMs,
    writes: [],
    parse(args) {
      if (typeof args !== 'object' || args === null || Array.isArray(args)) return { ok: false, error: 'no object' }
      const error = check?.(args)
      if (error !== undefined) return { ok: false, error }
      return { ok: true, args: args as Record<string, unknown> }
    },
    async run(args, run) {
      const found = await reviewed(run)
      return answered({ name: found.tool.name, arguments: args }, { ...found, run, server: server.name })
    }
  }
}

interface Running {
  readonly tool: ListedTool
  readonly connection: Connection
  readonly run: ToolRun
  readonly server: string
  readonly offered: Offered
}

async function answered(call: SentCall, running: Running): Promise<ToolOutput> {
  const { connection, run, server, offered, tool } = running
  const onProgress = progressTo(run)
  let sent: SentCall = run.answers ? await continued(call, keptRound(run.answers), running) : call
  for (let round = 0; round <= MOST_ROUNDS; round++) {
    const { result, unanswered } = await connection.call(sent, { signal: run.signal, tool, onProgress })
    const asked = roundOf(result)
    if (!asked) return outputOf(result as CallToolResult, { server, unanswered, tool })
    const needs = needsOf(asked, offered)
    if (needs) return { needs }
    sent = await continued(call, asked, { ...running, run: { ...run, answers: { by: {}, state: asked } } })
  }
  throw new RuntimeError('TOOL_FAILED', `the MCP server "${server}" asked ${MOST_ROUNDS} times over and never answered`)
}

async function continued(call: SentCall, round: Round, { offered, run }: Running): Promise<SentCall> {
  const { answers, sample } = run
  const inputResponses = await responsesTo(round, { ...offered, by: answers?.by ?? {}, ...(sample && { sample }) })
  const { requestState } = round
  return { ...call, inputResponses, ...(requestState !== undefined && { requestState }) }
}

function outputOf(
  result: CallToolResult,
  { server, unanswered, tool }: { server: string; unanswered: ReadonlySet<AskedFor>; tool: ListedTool }
): ToolOutput {
  const from = `the MCP server "${server}"`
  const text = enveloped(resultText(result), { from })
  if (result.isError) throw new RuntimeError('TOOL_FAILED', `the tool of ${from} failed:\n${text}`)
  const notes = [misfit(result, tool), ...[...unanswered].map((what) => refusalOf(what, from))]
  const said = notes.filter((note) => typeof note === 'string').map((note) => `\n[${note}]`)
  return { output: text + said.join(''), untrusted: from }
}

function refusalOf(what: AskedFor, from: string): string {
  if (what === 'an answer') return `${from} asked a question during the call; nobody could answer it then`
  if (what === 'an approval') return `${from} wanted to ask the model during the call; nobody could approve it then`
  return `${from} asked for ${what} during the call, which it is not offered`
}

/** The call has had its effect by then: what it gave is worth more than an error. */
function misfit({ structuredContent }: CallToolResult, { outputSchema }: ListedTool): string | undefined {
  if (!outputSchema) return undefined
  const fits = structuredContent !== undefined && checkBy(outputSchema)(structuredContent) === undefined
  return fits ? undefined : 'what it gave is not of the structure that it declares'
}

function progressTo(run: ToolRun) {
  let told = 0
  return ({
    progress,
    total,
    message
  }: {
    progress: number
    total?: number | undefined
    message?: string | undefined
  }) => {
    if (++told > MOST_PROGRESS) return
    const words =
      message === undefined ? '' : ` ${visible(message).text.replace(/\s+/g, ' ').slice(0, LONGEST_PROGRESS)}`
    run.progress(`${progress}${total === undefined ? '' : `/${total}`}${words}`)
  }
}

/** What a server says of its effects counts for nothing; who configured it may know. */
function effectOf(tool: string, { effects }: McpServer): Effect {
  const known = Object.entries(effects).find(([pattern]) => matches(pattern, tool))
  return known?.[1] ?? 'once'
}
