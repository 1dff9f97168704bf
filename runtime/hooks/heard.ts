// R1. A hook that throws, answers what is no answer or takes too long has failed; what that means is its own to say (`failure`).
// R2. What a hook set off by itself, in this process, sets off no hook: it would never end.
// R3. Each run of a hook is an event. It says what the hook did and never what it was told or what it wrote in its place.
// R4. A cancel is not a failure of a hook: it is thrown on.
import { AsyncLocalStorage } from 'node:async_hooks'
import { z } from 'zod'
import { messageOf, RuntimeError } from '../../state/errors.ts'
import type { EventBody } from '../../state/events.ts'
import { type Hook, HookAnswer, type HookInput } from '../../state/hooks.ts'
import { sleep } from '../pace.ts'

export type Heard = { readonly answer: HookAnswer } | { readonly failed: string }

const inside = new AsyncLocalStorage<string>()

/** What a hook has to say. @throws what the signal was aborted with */
export async function heard(hook: Hook, input: HookInput, signal: AbortSignal): Promise<Heard> {
  const around = inside.getStore()
  if (around !== undefined) return { failed: `it was set off by the hook ${around}` }
  try {
    const said = await inside.run(hook.name, () => inTime(hook, input, signal))
    const answer = HookAnswer.safeParse(said ?? {})
    return answer.success ? { answer: answer.data } : { failed: `its answer is none: ${z.prettifyError(answer.error)}` }
  } catch (error) {
    signal.throwIfAborted()
    return { failed: messageOf(error) }
  }
}

/** A function that is deaf to its signal is left behind; what becomes of it is ignored. */
async function inTime(hook: Hook, input: HookInput, signal: AbortSignal): Promise<unknown> {
  const stop = new AbortController()
  const either = AbortSignal.any([signal, stop.signal])
  const running = hook.run(input, either)
  running.catch(() => undefined)
  const { timeoutMs } = hook
  try {
    if (timeoutMs === undefined) return await running
    const late = sleep(timeoutMs, either).then(() => {
      throw new RuntimeError('TIME_LIMIT', `it was not done after ${timeoutMs} ms`)
    })
    return await Promise.race([running, late])
  } finally {
    stop.abort(new RuntimeError('TIME_LIMIT', 'the hook is over'))
  }
}

/** What a hook did, as it is told. */
export function told(
  hook: Hook,
  { said, ms, toolCallId }: { said: Heard; ms: number; toolCallId: string | undefined }
): Extract<EventBody, { type: 'hook.ran' }> {
  const base = {
    type: 'hook.ran' as const,
    hook: hook.name,
    on: hook.on,
    layer: hook.layer,
    durationMs: ms,
    ...(toolCallId !== undefined && { toolCallId })
  }
  if ('failed' in said) return { ...base, did: 'failed', reason: said.failed, held: hook.failure === 'closed' }
  const { verdict, reason, args, output, context } = said.answer
  const changed = args !== undefined || output !== undefined || context !== undefined
  const did = verdict === 'deny' ? 'denied' : verdict === 'ask' ? 'asked' : changed ? 'changed' : 'nothing'
  return { ...base, did, ...(reason !== undefined && { reason }) }
}
