import { messageOf } from '../state/errors.ts'

export type Arguments = { ok: true; args: Record<string, unknown> } | { ok: false; error: string }

/** Reads the text of a call's arguments: a whole JSON object, or nothing at all, which is a call without arguments. */
export function parseArguments(text: string): Arguments {
  if (text.trim() === '') return { ok: true, args: {} }
  try {
    return asArguments(JSON.parse(text))
  } catch (error) {
    return { ok: false, error: messageOf(error) }
  }
}

export function asArguments(value: unknown): Arguments {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return { ok: false, error: 'the arguments are not a JSON object' }
  return { ok: true, args: value as Record<string, unknown> }
}
