import { ToolMessage } from '@langchain/core/messages'
import type { StructuredToolInterface } from '@langchain/core/tools'
import { toJsonSchema } from '@langchain/core/utils/json_schema'
import { type InteropZodType, interopSafeParse, isInteropZodSchema } from '@langchain/core/utils/types'
import { z } from 'zod'
import type { Effect } from '../state/call-records.ts'
import { RuntimeError } from '../state/errors.ts'
import { jsonSchemaTool, type Reach, type Tool, tool } from './tool.ts'

export interface WrapOptions {
  /** What a repeated call does. LangChain tools do not say, so the careful answer is the default. */
  readonly effect?: Effect
  /** How far it acts, where `effect` does not say it: a search of the web reads, and sends its words out. */
  readonly reach?: Reach
  readonly timeoutMs?: number
}

/**
 * A LangChain tool, as far as it is needed. LangChain's own type of a schema does not fit all of its tools where a project
 * sets `exactOptionalPropertyTypes`.
 */
export type LangChainTool = Pick<StructuredToolInterface, 'name' | 'description' | 'invoke'> & {
  readonly schema: unknown
}

/** Any LangChain tool as one of ours. */
export function fromLangChain(wrapped: LangChainTool, { effect = 'once', ...rest }: WrapOptions = {}): Tool {
  const { name, description, schema: own } = wrapped
  const schema = toJsonSchema(own as StructuredToolInterface['schema'], { io: 'input' }) as Record<string, unknown>
  const init = { name, description, effect, ...rest, run: runOf(wrapped) }
  if (!isInteropZodSchema(own)) return jsonSchemaTool({ ...init, schema })
  return { ...tool({ ...init, args: z.looseObject({}) }), schema, parse: (args) => checked(own, args) }
}

/**
 * Checks arguments and leaves them as they are: `invoke` parses once more, and what a schema has transformed it may not
 * accept a second time. So policy sees the arguments of a wrapped tool as the model wrote them. What can only be checked
 * asynchronously is left to `invoke`.
 */
function checked(schema: InteropZodType, args: unknown): ReturnType<Tool['parse']> {
  const accepted = { ok: true, args: args as Record<string, unknown> } as const
  try {
    const result = interopSafeParse(schema, args)
    if (result.success || !('issues' in result.error)) return accepted
    return { ok: false, error: z.prettifyError(result.error) }
  } catch {
    return accepted
  }
}

function runOf(wrapped: LangChainTool): Tool['run'] {
  return async (args, { signal, callId }) => {
    const call = { type: 'tool_call' as const, id: callId, name: wrapped.name, args }
    return textOf(wrapped.name, await wrapped.invoke(call, { signal }))
  }
}

/** A call is answered with a message, unless the tool made an answer of its own. */
function textOf(name: string, returned: unknown): string {
  if (!ToolMessage.isInstance(returned))
    throw new RuntimeError(
      'TOOL_FAILED',
      `${name} returned something that is no text, such as a Command, which has no meaning here`
    )
  const text =
    typeof returned.content === 'string' ? returned.content : returned.text || JSON.stringify(returned.content)
  if (returned.status === 'error') throw new RuntimeError('TOOL_FAILED', text)
  return text
}
