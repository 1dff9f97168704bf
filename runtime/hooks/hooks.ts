// H1. Hooks of one point run one after the other, in the order of `inOrder`. What one has changed the next is told.
// H2. A deny ends it: nobody after it is asked. An ask stays an ask whatever comes after, but for a deny.
// H3. Arguments that a hook has made must fit the tool, or the hook has failed. Policy sees them afterwards like any others.
// H4. A hook that has failed and is `closed` has denied. Where there is nothing to deny, it is told of and no more.
import type { Call } from '../../state/calls.ts'
import type { Clock } from '../../state/context.ts'
import { RuntimeError } from '../../state/errors.ts'
import type { EventBody } from '../../state/events.ts'
import type { Hook, HookAnswer, HookedCall, HookInput, HookPoint, HookPort, HookSubject } from '../../state/hooks.ts'
import type { ThreadRecord } from '../../state/threads.ts'
import type { ToolResult } from '../../state/tool-result.ts'
import { inMark } from './context.ts'
import { type Heard, heard, told } from './heard.ts'
import { inOrder } from './order.ts'

/** Gives the hooks of a run; none where none were given to the runtime. */
export type HooksOf = (thread: ThreadRecord, run: HookedRun) => HookPort

export interface HookedRun {
  readonly runId: string
  readonly signal: AbortSignal
  emit(body: EventBody): void
}

/** What all hooks of a point have said together. */
interface Said {
  readonly verdict?: { readonly kind: 'ask' | 'deny'; readonly reason: string }
  /** The words for the model, in order. */
  readonly context: readonly string[]
}

type Take = (answer: HookAnswer) => string | undefined

export function hooksOf(hooks: readonly Hook[], clock: Clock): HooksOf | undefined {
  if (hooks.length === 0) return undefined
  const byPoint = inOrder(hooks)
  return (thread, { runId, signal, emit }) => {
    const { path, threadId, rootThreadId, workspace } = thread
    const place = { path, threadId, rootThreadId, runId, workspace: workspace ?? undefined }

    /** `subject` is asked for anew for each hook; `take` takes a change in, or says what is wrong with it. */
    async function all(point: HookPoint, subject: () => HookSubject, take: Take = () => undefined): Promise<Said> {
      const context: string[] = []
      let asked: Said['verdict']
      for (const hook of byPoint.get(point) ?? []) {
        const input: HookInput = { ...subject(), ...place, at: clock.now() }
        const tool = toolOf(input)
        if (tool !== undefined && hook.concerns && !hook.concerns(tool)) continue
        const said = taken(await heard(hook, input, signal), take)
        emit(told(hook, { said, ms: clock.now() - input.at, toolCallId: callIdOf(input) }))
        const verdict = verdictOf(hook, said)
        if (verdict?.kind === 'deny') return { verdict, context }
        asked ??= verdict
        if ('answer' in said && said.answer.context) context.push(inMark(hook.name, said.answer.context))
      }
      return asked ? { verdict: asked, context } : { context }
    }

    const denied = ({ verdict }: Said) => (verdict?.kind === 'deny' ? { denied: verdict.reason } : {})

    return {
      has: (point) => byPoint.has(point),

      async beforeModel(given) {
        const { verdict, context } = await all('beforeModel', () => ({ on: 'beforeModel', ...given }))
        if (verdict?.kind === 'deny') throw new RuntimeError('HOOK_BLOCKED', verdict.reason)
        return context
      },

      afterModel: async (given) => denied(await all('afterModel', () => ({ on: 'afterModel', ...given }))),

      async beforeTool(call, fits) {
        let args = call.args
        const { verdict } = await all(
          'beforeTool',
          () => ({ on: 'beforeTool', toolCallId: call.id, tool: call.name, args }),
          (answer) => {
            if (!answer.args) return undefined
            const wrong = fits({ ...call, args: answer.args })
            args = wrong === undefined ? answer.args : args
            return wrong
          }
        )
        return { args, ...(verdict && { verdict }) } satisfies HookedCall
      },

      async afterTool(call, result) {
        let now = result
        const { verdict, context } = await all(
          'afterTool',
          () => ({ on: 'afterTool', ...subjectOf(call), ok: now.ok, output: textOf(now) }),
          ({ output }) => {
            if (output !== undefined) now = withText(now, output)
            return undefined
          }
        )
        if (verdict?.kind === 'deny') return withheld(now, verdict.reason)
        return context.length > 0 ? withText(now, [textOf(now), ...context].join('\n')) : now
      },

      onAsk: async (given) => denied(await all('onAsk', () => ({ on: 'onAsk', ...given }))),
      onDecision: async (given) => void (await all('onDecision', () => ({ on: 'onDecision', ...given }))),
      onOutcome: async (given) => void (await all('onOutcome', () => ({ on: 'onOutcome', ...given }))),
      onCompaction: async (given) => void (await all('onCompaction', () => ({ on: 'onCompaction', ...given })))
    }
  }
}

/** A change that cannot be taken in is a failure of the hook that made it. */
function taken(said: Heard, take: Take): Heard {
  const wrong = 'answer' in said ? take(said.answer) : undefined
  return wrong === undefined ? said : { failed: `what it made of the arguments does not fit: ${wrong}` }
}

function verdictOf(hook: Hook, said: Heard): Said['verdict'] {
  if ('failed' in said)
    return hook.failure === 'closed'
      ? { kind: 'deny', reason: `the hook ${hook.name} failed: ${said.failed}` }
      : undefined
  const { verdict: kind, reason } = said.answer
  return (
    kind && {
      kind,
      reason: `the hook ${hook.name}${reason ? `: ${reason}` : kind === 'deny' ? ' denies it' : ' asks'}`
    }
  )
}

function toolOf(input: HookInput): string | undefined {
  return 'tool' in input ? input.tool : 'ask' in input ? input.ask.tool : undefined
}

function callIdOf(input: HookInput): string | undefined {
  return 'toolCallId' in input ? input.toolCallId : 'ask' in input ? input.ask.toolCallId : undefined
}

function subjectOf({ id: toolCallId, name: tool, args }: Call) {
  return { toolCallId, tool, args }
}

function textOf(result: ToolResult): string {
  return result.ok ? result.output : result.error.message
}

function withText(result: ToolResult, text: string): ToolResult {
  return result.ok ? { ...result, output: text } : { ...result, error: { ...result.error, message: text } }
}

/** The tool has run: what it wrote to the state stands, and the model reads only why it reads nothing. */
function withheld(result: ToolResult, reason: string): ToolResult {
  const message = `the call has run, and what came of it is withheld: ${reason}`
  if (!result.ok) return { ok: false, error: { code: 'HOOK_BLOCKED', message } }
  const { cut: _cut, ...rest } = result
  return { ...rest, output: `HOOK_BLOCKED: ${message}` }
}
