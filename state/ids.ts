// Ids are derived, not drawn, wherever a re-executed step must find what an earlier attempt made.
import { v5, validate } from '@langchain/core/utils/uuid'

const NAMESPACE = '6f1c2a86-0f2b-5d0e-9a44-5f1b8f1f4b1d'

/** A uuid that names `name` below `parent`; a parent that is no uuid is given one first. */
function derived(parent: string, name: string): string {
  return v5(name, validate(parent) ? parent : v5(parent, NAMESPACE))
}

/** The thread of the child that `toolCallId` delegated from `parentThreadId`. A uuid, as LangGraph Server asks. */
export function childThreadId(parentThreadId: string, toolCallId: string): string {
  return derived(parentThreadId, toolCallId)
}

/** The id of the ask that a call on a thread raises; a call raises at most one. */
export function askIdOf(threadId: string, toolCallId: string): string {
  return derived(threadId, `ask:${toolCallId}`)
}

/** The id of what a call on a thread sends; a call sends at most once. */
export function letterIdOf(threadId: string, toolCallId: string): string {
  return derived(threadId, `send:${toolCallId}`)
}

/** Where the agent `name` stands below `parentPath`, e.g. `lead/coder`. */
export function pathBelow(parentPath: string, name: string): string {
  return `${parentPath}/${name}`
}
