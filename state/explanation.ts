import type { Judgement } from './calls.ts'
import type { LayerName } from './policy.ts'
import type { Remit, Rule } from './remit.ts'

/** What would be done with a call, and why: for each thing that it touches, what everybody on the way up says of it. */
export interface Explanation {
  readonly judgement: Judgement
  readonly parts: readonly ExplainedPart[]
}

export interface ExplainedPart {
  /** A command, a file; undefined where the call is one thing. */
  readonly what: string | undefined
  readonly kind: Rule['verdict']
  readonly reason: string
  /** The agent's own first. */
  readonly rungs: readonly ExplainedRung[]
}

export interface ExplainedRung {
  readonly path: string | undefined
  readonly kind: Rule['verdict']
  readonly reason: string
  /** The deciding rule; none where no rule covers the call. */
  readonly rule: Rule | undefined
  /** Of a policy; none where it is a rule of the agent's remit. */
  readonly layer: LayerName | undefined
}

/** A call as somebody asks about it: a text is for its main argument. */
export interface AskedCall {
  readonly name: string
  readonly args: Readonly<Record<string, unknown>> | string
}

/** The narrowest rules that are of use for calls like one, or why there are none. */
export type Lesson = { readonly ok: true; readonly rules: Remit } | { readonly ok: false; readonly reason: string }
