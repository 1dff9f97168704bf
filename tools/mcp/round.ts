import {
  type CallToolResult,
  type CreateMessageRequest,
  type ElicitRequest,
  type InputRequest,
  type InputRequiredResult,
  type InputResponses,
  isInputRequiredResult
} from '@modelcontextprotocol/client'
import { z } from 'zod'
import type { ToolRun } from '../../state/context.ts'
import { RuntimeError } from '../../state/errors.ts'
import type { ToolAnswer, ToolAnswers, ToolNeeds } from '../../state/tool-result.ts'
import type { Offered } from './asked-in-process.ts'
import { elicitResultOf, questionOf, whyNotAsked } from './question.ts'
import { sampledFor, samplingQuestion } from './sampling.ts'

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

/** What has to be asked; undefined where everything is answered without a person. @throws RuntimeError where it is refused */
export function needsOf(round: Round, { server, offers, allowance }: Offered): ToolNeeds | undefined {
  const questions = Object.entries(round.requests).flatMap(([key, request]) => {
    if (isSampling(request)) return allowance && !offers.sample ? [samplingQuestion(request, { key, allowance })] : []
    if (!isElicitation(request) || offers.elicit || whyNotAsked(request)) return []
    return [questionOf(request, { server, key })]
  })
  return questions.length > 0 ? { questions, state: round } : undefined
}

/** The round that a call goes on with, as it was kept. */
export function keptRound({ state }: ToolAnswers): Round {
  return Kept.parse(state) as Round
}

interface Answering extends Offered {
  readonly by?: Readonly<Record<string, ToolAnswer>>
  readonly sample?: ToolRun['sample']
}

/** The responses to a round: of whoever decided, of the program, of the agent's model, or a refusal. */
export async function responsesTo({ requests }: Round, { by = {}, ...offered }: Answering): Promise<InputResponses> {
  const answered = Object.entries(requests).map(async ([key, request]) => [
    key,
    await responseTo(request, { ...offered, answer: by[key] })
  ])
  return Object.fromEntries(await Promise.all(answered))
}

async function responseTo(
  request: InputRequest,
  { server, offers, allowance, roots, answer, sample }: Omit<Answering, 'by'> & { answer: ToolAnswer | undefined }
) {
  if (isElicitation(request)) {
    if (whyNotAsked(request)) return { action: 'decline' as const }
    if (answer) return elicitResultOf(answer, request)
    return offers.elicit ? offers.elicit(request.params, { server }) : { action: 'cancel' as const }
  }
  if (isSampling(request) && allowance) {
    const { sample: own } = offers
    if (own) return sampledFor(request, { allowance, sample: (wanted) => own(wanted, { server }), answer: 'unasked' })
    if (sample && answer) return sampledFor(request, { allowance, sample, answer })
  }
  if (request.method === 'roots/list' && roots) return roots()
  throw new RuntimeError('TOOL_FAILED', `the MCP server "${server}" wanted ${request.method}, which it was not offered`)
}

const isElicitation = (request: InputRequest): request is ElicitRequest => request.method === 'elicitation/create'
const isSampling = (request: InputRequest): request is CreateMessageRequest =>
  request.method === 'sampling/createMessage'
