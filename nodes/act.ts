import { Command, type LangGraphRunnableConfig, Send } from '@langchain/langgraph'
import { delayBefore } from '../state/back-off.ts'
import type { CallRecord, Effect } from '../state/call-records.ts'
import type { Call } from '../state/calls.ts'
import { type Context, type World, worldOf } from '../state/context.ts'
import type { ToolAnswers, ToolResult } from '../state/tool-result.ts'
import { argsHash } from '../tools/args-hash.ts'
import { askedAgain } from './asked-again.ts'
import { inEdition } from './edition.ts'
import { resultMessage } from './results.ts'
import { sameAgain } from './same-again.ts'
import { type Sampling, samplingOf } from './sampling.ts'
import type { Act } from './sent-call.ts'
import type { Terms } from './terms.ts'
import { told } from './told.ts'

type Run = LangGraphRunnableConfig<Context>

interface Doing {
  readonly world: World
  readonly run: Run
  readonly terms: Terms
  /** What its tool wanted to be told. */
  readonly answers: ToolAnswers | undefined
  readonly sampling: Sampling
}

/** Run one allowed call. Each call is a task of its own, so its result is kept when a sibling fails. */
export async function act({ call: sent, next, judgedOn, round, ...terms }: Act, run: Run) {
  run.signal?.throwIfAborted()
  const world = inEdition(terms.edition, worldOf(run))
  const isKnown = judgedOn === world.threadId || world.repeats.length === 0
  const allowed = isKnown ? { call: sent } : await askedAgain(sent, world)
  if ('message' in allowed) return new Command({ update: { messages: [allowed.message] }, goto: next })
  const { call } = allowed
  const number = round?.number ?? 0
  const answers = round && (await told(call, { round, world }))
  const sampling = samplingOf(world, run)
  const result = await doneOnce(call, { world, run, terms, number, answers, sampling })
  const usage = sampling.used.calls > 0 ? { usage: sampling.used } : {}
  if (!result.ok && result.needs) {
    const again = { number: number + 1, needs: result.needs }
    const sentAgain: Act = { call, next, judgedOn: world.threadId, round: again, ...terms }
    return new Command({ update: usage, goto: new Send('act', sentAgain) })
  }
  return new Command({
    update: { ...usage, ...(result.ok && result.update), messages: [resultMessage(call, result)] },
    goto: next
  })
}

/**
 * The result of a call whose effect happens at most once, however often the step is executed: a call with an effect is on
 * record before it begins, and what is on record is not done again. Each round is on record by itself.
 */
async function doneOnce(asked: Call, { number, ...doing }: Doing & { number: number }): Promise<ToolResult> {
  const { world } = doing
  const call = number === 0 ? asked : { ...asked, id: `${asked.id}~${number}` }
  const effect = world.tools.effectOf(call.name)
  const before = await world.calls.begin(call, { effect, argsHash: argsHash(call.args) })
  if (before?.status === 'finished') return before.result as ToolResult
  const returned = before && effect === 'once' ? unknownOutcome(before) : await attempts(call, { ...doing, effect })
  const isOver = returned.ok || !returned.needs
  const result = world.hooks && isOver ? await world.hooks.afterTool(asked, returned) : returned
  await world.calls.finish(call, { effect, result, output: resultMessage(call, result).text })
  return result
}

/** Tried again while it fails for a moment only, and a repetition does no harm. */
async function attempts(call: Call, { effect, ...doing }: Doing & { effect: Effect }): Promise<ToolResult> {
  const { world, run, terms } = doing
  const { retries: backOff } = world.charter
  while (true) {
    const result = await attempt(call, doing)
    if (result.ok) return sameAgain(result, { call, seen: terms.seen })
    if (!result.transient || effect === 'once') return result
    const made = await world.calls.failed(call, { effect, argsHash: argsHash(call.args) })
    const delayMs = delayBefore(made + 1, { backOff, ...result.transient, chance: world.chance() })
    if (delayMs === undefined) return result
    const { id: toolCallId, name: tool } = call
    world.emit({ type: 'tool.retried', toolCallId, tool, attempt: made + 1, delayMs, error: result.error.message })
    await world.sleep(delayMs, run.signal ?? NEVER)
  }
}

function attempt(call: Call, { world, run, terms: { room }, answers, sampling }: Doing): Promise<ToolResult> {
  const { tools, emit, workspace, threadId, outputs, clock, principal } = world
  return tools.run(call, {
    signal: run.signal ?? NEVER,
    workspace,
    threadId,
    outputs,
    clock,
    principal,
    idempotencyKey: `${threadId}:${call.id}`,
    ...(room !== undefined && { room }),
    ...(run.store && { store: run.store }),
    ...(answers && { answers }),
    sample: sampling.sample,
    progress: (text) => emit({ type: 'tool.progress', toolCallId: call.id, text })
  })
}

function unknownOutcome({ tool }: CallRecord): ToolResult {
  const message = `${tool} was at work when its run ended; whether it had its effect is not known. It was not run again: look before you repeat it`
  return { ok: false, error: { code: 'OUTCOME_UNKNOWN', message } }
}

const NEVER = new AbortController().signal
