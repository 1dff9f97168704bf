// C1. Whatever goes wrong is a value. Only a control-flow signal is thrown: the run's own abort, and LangGraph's bubbles.
// C2. Arguments are parsed again: a decision may have edited them since they were judged.
// C3. The time limit counts running only; whoever decides about a call has done so before.
// C4. A text longer than the limit is kept whole before the model sees a part of it.
import { inspect } from 'node:util'
import { isGraphBubbleUp } from '@langchain/langgraph'
import type { Call } from '../state/calls.ts'
import type { ToolPort, ToolRun } from '../state/context.ts'
import { type ErrorCode, failureOf, RuntimeError } from '../state/errors.ts'
import type { ToolNeeds, ToolResult } from '../state/tool-result.ts'
import { transience } from '../state/transient.ts'
import { cutOutput } from './cut-output.ts'
import { writerIn } from './envelope.ts'
import { type StartTimer, startTimer, withinTime } from './time-limit.ts'
import type { Tool, ToolOutput } from './tool.ts'

export interface CoordinatorLimits {
  /** Characters of one output that the model reads. */
  readonly output?: number
  readonly timer?: StartTimer
}

const DEFAULT_OUTPUT = 30_000

/** Runs the calls of one agent; any number of them side by side. */
export function coordinator(
  tools: Pick<ReadonlyMap<string, Tool>, 'get'>,
  { output: limit = DEFAULT_OUTPUT, timer = startTimer }: CoordinatorLimits = {}
): ToolPort['run'] {
  return async (call, toolRun) => {
    const tool = tools.get(call.name)
    if (!tool) return failed('UNKNOWN_TOOL', `there is no tool "${call.name}"`)
    try {
      const returned = await returnedBy(tool, { call, toolRun, timer })
      if (typeof returned === 'object' && 'needs' in returned) return waiting(tool, returned.needs)
      const { output, update, untrusted } = checked(tool, returned)
      const { text, cut } = await shortened(output, { limit: Math.min(limit, toolRun.room ?? limit), call, toolRun })
      return { ok: true, output: text, ...(untrusted && { untrusted }), ...(cut && { cut }), ...(update && { update }) }
    } catch (error) {
      if (toolRun.signal.aborted) throw toolRun.signal.reason
      if (isObject(error) && isGraphBubbleUp(error)) throw error
      const { code, message } = failureOf(asError(error), 'TOOL_FAILED')
      const result = {
        ...failed(code, (await shortened(message, { limit, call, toolRun })).text),
        ...writtenBy(message)
      }
      const { transient, ...wished } = transience(error, { now: toolRun.clock.now() })
      return transient ? { ...result, transient: wished } : result
    }
  }
}

async function returnedBy(
  tool: Tool,
  { call, toolRun, timer }: { call: Call; toolRun: ToolRun; timer: StartTimer }
): Promise<ToolOutput> {
  const parsed = tool.parse(call.args)
  if (!parsed.ok) throw new RuntimeError('BAD_ARGUMENTS', parsed.error)
  return withinTime(async (signal) => tool.run(parsed.args, { ...toolRun, signal, callId: call.id }), {
    signal: toolRun.signal,
    ms: tool.timeoutMs,
    timer,
    expired: () => timedOut(tool)
  })
}

/** What went wrong may be told in words of a stranger: they stand in an envelope then. */
function writtenBy(message: string): { untrusted?: string } {
  const untrusted = writerIn(message)
  return untrusted === undefined ? {} : { untrusted }
}

function timedOut({ name, timeoutMs, effect }: Tool): RuntimeError {
  const doubt = effect === 'read' ? '' : '; whether it had an effect is not known'
  return new RuntimeError('TOOL_TIMEOUT', `${name} was not done after ${timeoutMs} ms${doubt}`)
}

/** What a tool throws need be no error and need not have words; `inspect` finds some for any value. */
function asError(thrown: unknown): Error {
  if (thrown instanceof Error && typeof thrown.message === 'string') return thrown
  return new Error(typeof thrown === 'string' ? thrown : inspect(thrown))
}

/** LangGraph's own test cannot bear null, which a tool may throw. */
function isObject(thrown: unknown): thrown is object {
  return typeof thrown === 'object' && thrown !== null
}

/** A field that a tool did not declare may have no reducer, and then two tools would overwrite each other. */
function checked(tool: Tool, returned: Exclude<ToolOutput, { needs: ToolNeeds }>): Exclude<typeof returned, string> {
  if (typeof returned === 'string') return { output: returned }
  const undeclared = Object.keys(returned.update ?? {}).find((field) => !tool.writes.includes(field))
  if (undeclared === undefined) return returned
  throw new RuntimeError('TOOL_FAILED', `${tool.name} wrote the field "${undeclared}", which it does not declare`)
}

/** A text as the model reads it. Where the whole cannot be kept the call still has its result: it has had its effect. */
async function shortened(
  text: string,
  { limit, call, toolRun }: { limit: number; call: Call; toolRun: ToolRun }
): Promise<{ text: string; cut?: { total: number } }> {
  if (text.length <= limit) return { text }
  const cut = cutOutput(text, { limit, callId: call.id })
  try {
    await toolRun.outputs.put({ threadId: toolRun.threadId, toolCallId: call.id, text })
    return { text: cut, cut: { total: text.length } }
  } catch (error) {
    const { code, message } = failureOf(error, 'STORE_UNAVAILABLE')
    return { text: `${cut}\n[what is left out could not be kept: ${code}: ${message}]` }
  }
}

/** Who does not know of questions reads why there is no result. */
function waiting({ name }: Tool, needs: ToolNeeds): ToolResult {
  const reasons = needs.questions.map(({ reason }) => reason).join('; ')
  return { ...failed('TOOL_FAILED', `${name} waits for an answer: ${reasons}`), needs }
}

function failed(code: ErrorCode, message: string): Extract<ToolResult, { ok: false }> {
  return { ok: false, error: { code, message } }
}
