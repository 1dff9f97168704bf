import type { Hook, HookAnswer, HookInput, HookLayer, HookPoint, OnHookFailure } from '../../state/hooks.ts'
import { matches } from '../pattern.ts'

type InputOn<On extends HookPoint> = Extract<HookInput, { on: On }>

export interface HookInit<On extends HookPoint> {
  readonly name: string
  readonly on: On
  /** Whose calls it looks at: the name of a tool, in which `*` stands for any text. */
  readonly tool?: string | undefined
  readonly layer?: HookLayer | undefined
  /** `closed` for hooks before something and on asks, `open` for all others. */
  readonly failure?: OnHookFailure | undefined
  /** 60,000 by default. */
  readonly timeoutMs?: number | undefined
  run(input: InputOn<On>, signal: AbortSignal): HookAnswer | undefined | Promise<HookAnswer | undefined>
}

const DEFAULT_TIMEOUT_MS = 60_000

/** A hook that is a function of this process. */
export function defineHook<On extends HookPoint>({ timeoutMs = DEFAULT_TIMEOUT_MS, ...init }: HookInit<On>): Hook {
  return { ...placed(init), timeoutMs, run: async (input, signal) => init.run(input as InputOn<On>, signal) }
}

/** What all hooks have in common, with what is usual filled in. */
export function placed(init: Omit<HookInit<HookPoint>, 'run' | 'timeoutMs'>): Omit<Hook, 'run'> {
  const { name, on, tool, layer = 'session', failure = usualFailure(on) } = init
  return { name, on, layer, failure, concerns: tool === undefined ? undefined : (called) => matches(tool, called) }
}

/** Whoever stands before something is there to keep it from happening; whoever comes after can only tell. */
function usualFailure(on: HookPoint): OnHookFailure {
  return on === 'beforeModel' || on === 'beforeTool' || on === 'onAsk' ? 'closed' : 'open'
}
