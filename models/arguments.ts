import { messageOf } from '../state/errors.ts'
import { mendedJson } from './mended-json.ts'

export type Arguments = { ok: true; args: Record<string, unknown> } | { ok: false; error: string }

/** Reads the text of a call's arguments: a whole JSON object, or nothing at all, which is a call without arguments. */
export function parseArguments(text: string): Arguments {
  if (text.trim() === '') return { ok: true, args: {} }
  const value = valueIn(text)
  return value.ok ? asArguments(value.value) : value
}

/** A text where an object belongs can only be that object, made JSON once more than needed; once is enough. */
export function asArguments(value: unknown): Arguments {
  const inner = typeof value === 'string' ? valueIn(value) : undefined
  const args = inner?.ok ? inner.value : value
  if (typeof args !== 'object' || args === null || Array.isArray(args))
    return { ok: false, error: 'the arguments are not a JSON object' }
  return { ok: true, args: args as Record<string, unknown> }
}

type Value = { ok: true; value: unknown } | { ok: false; error: string }

function valueIn(text: string): Value {
  const value = parsed(text)
  if (value.ok) return value
  const mended = parsed(mendedJson(text))
  return mended.ok ? mended : value
}

function parsed(text: string): Value {
  try {
    return { ok: true, value: JSON.parse(text) }
  } catch (error) {
    return { ok: false, error: messageOf(error) }
  }
}
