import { pathToFileURL } from 'node:url'
import {
  type CallToolResult,
  type ElicitRequest,
  type InputRequest,
  type InputRequiredResult,
  type InputResponses,
  isInputRequiredResult
} from '@modelcontextprotocol/client'
import { z } from 'zod'
import { RuntimeError } from '../../state/errors.ts'
import type { ToolAnswer, ToolAnswers, ToolNeeds } from '../../state/tool-result.ts'
import type { Offers } from './asked-in-process.ts'
import { elicitResultOf, questionOf, whyNotAsked } from './question.ts'

type Requests = Readonly<Record<string, InputRequest>>

/** What a call hands back for its next round: kept with the call, also over a restart. */
export interface Round {
  readonly requests: Requests
  /** The server's, and none of our business; handed back to the letter. */
  readonly requestState?: string
}

const Kept = z.object({ requests: z.record(z.string(), z.unknown()), requestState: z.string().exactOptional() })

/** What a server wants to know before it goes on; undefined where it has answered. */
export function roundOf(result: CallToolResult | InputRequiredResult): Round | undefined {
  if (!isInputRequiredResult(result)) return undefined
  const { inputRequests: requests = {}, requestState } = result
  return { requests, ...(requestState !== undefined && { requestState }) }
}

export interface Answering {
  readonly server: string
  readonly offers: Offers
}

/** What has to be asked; undefined where everything is answered without a person. */
export function needsOf(round: Round, { server, offers }: Answering): ToolNeeds | undefined {
  if (offers.elicit) return undefined
  const questions = Object.entries(round.requests).flatMap(([key, request]) =>
    isElicitation(request) && !whyNotAsked(request) ? [questionOf(request, { server, key })] : []
  )
  return questions.length > 0 ? { questions, state: round } : undefined
}

/** The round that a call goes on with, as it was kept. */
export function keptRound({ state }: ToolAnswers): Round {
  return Kept.parse(state) as Round
}

/** The responses to a round: of whoever decided, of the program, or a refusal. */
export async function responsesTo(
  { requests }: Round,
  { server, offers, by = {} }: Answering & { by?: Readonly<Record<string, ToolAnswer>> }
): Promise<InputResponses> {
  const answered = Object.entries(requests).map(async ([key, request]) => [
    key,
    await responseTo(request, { server, offers, answer: by[key] })
  ])
  return Object.fromEntries(await Promise.all(answered))
}

async function responseTo(
  request: InputRequest,
  { server, offers, answer }: Answering & { answer: ToolAnswer | undefined }
) {
  if (isElicitation(request)) {
    if (whyNotAsked(request)) return { action: 'decline' as const }
    if (answer) return elicitResultOf(answer, request)
    return offers.elicit ? offers.elicit(request.params, { server }) : { action: 'cancel' as const }
  }
  if (request.method === 'sampling/createMessage' && offers.sample) {
    const { messages, maxTokens } = request.params
    const { model, text } = await offers.sample({ messages, maxTokens }, { server })
    return { model, role: 'assistant' as const, content: { type: 'text' as const, text } }
  }
  if (request.method === 'roots/list' && offers.roots)
    return { roots: offers.roots.map((path) => ({ uri: pathToFileURL(path).href })) }
  throw new RuntimeError('TOOL_FAILED', `the MCP server "${server}" wanted ${request.method}, which it was not offered`)
}

const isElicitation = (request: InputRequest): request is ElicitRequest => request.method === 'elicitation/create'
