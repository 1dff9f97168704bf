// What hooks have made of the calls of a reply is a part of the reply, so that whoever looks at it again, in another step,
// process or branch, finds the same: the arguments are those of the call, the verdict stands beside it.
import { AIMessage, type BaseMessage } from '@langchain/core/messages'
import type { Verdict } from './calls.ts'
import type { HookedCall } from './hooks.ts'

type HookVerdict = NonNullable<HookedCall['verdict']>

/** What hooks said of a call; undefined where they said nothing. */
export function hookedOf(message: BaseMessage, callId: string): Verdict | undefined {
  const hooked = message.additional_kwargs.hooked as Record<string, HookVerdict> | undefined
  return hooked?.[callId]
}

/** The reply with its calls as hooks have left them; the same message where they left them as they were. */
export function withHooked(reply: AIMessage, hooked: ReadonlyMap<string, HookedCall>): AIMessage {
  const calls = reply.tool_calls ?? []
  const changed = new Map(calls.flatMap(({ id, args }) => argsIfOther(id!, { args, hooked })))
  const verdicts = [...hooked].flatMap(([id, { verdict }]) => (verdict ? [[id, verdict] as const] : []))
  if (changed.size === 0 && verdicts.length === 0) return reply
  const { id, name, content, response_metadata, usage_metadata, additional_kwargs } = reply
  // The raw output that some providers take back instead of the message has the calls as the model made them.
  const { output: _raw, ...metadata } = response_metadata
  return new AIMessage({
    content:
      typeof content === 'string'
        ? content
        : ((content as Block[]).map((block) => withArgs(block, changed)) as typeof content),
    tool_calls: calls.map((call) => ({ ...call, args: changed.get(call.id!) ?? call.args })),
    additional_kwargs: { ...additional_kwargs, ...(verdicts.length > 0 && { hooked: Object.fromEntries(verdicts) }) },
    response_metadata: changed.size > 0 ? metadata : response_metadata,
    ...(id !== undefined && { id }),
    ...(name !== undefined && { name }),
    ...(usage_metadata !== undefined && { usage_metadata: usage_metadata as never })
  })
}

function argsIfOther(
  id: string,
  { args, hooked }: { args: Record<string, unknown>; hooked: ReadonlyMap<string, HookedCall> }
): [string, Record<string, unknown>][] {
  const made = hooked.get(id)?.args
  return made && made !== args ? [[id, made]] : []
}

type Block = Record<string, unknown>

/** Content in blocks may hold the calls as well, under the name that the provider has for arguments. */
function withArgs(block: Block, changed: ReadonlyMap<string, Record<string, unknown>>): Block {
  const args = changed.get(String(block.call_id ?? block.id))
  if (!args) return block
  return {
    ...block,
    ...('input' in block && { input: typeof block.input === 'string' ? JSON.stringify(args) : args }),
    ...('args' in block && { args }),
    ...('arguments' in block && { arguments: JSON.stringify(args) })
  }
}
