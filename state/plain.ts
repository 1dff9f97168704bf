import { type BaseMessage, isAIMessage, isBaseMessage, isToolMessage } from '@langchain/core/messages'

/** A value as JSON has it. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json }

/** A message as it reads, whatever class it is of. */
export interface PlainMessage {
  readonly [key: string]: Json
  readonly role: string
  readonly content: Json
}

/** A value of a checkpoint as JSON that a person can read. What JSON lacks becomes text. */
export function plain(value: unknown): Json {
  if (value === null || value === undefined) return null
  if (typeof value === 'string' || typeof value === 'boolean') return value
  if (typeof value === 'number') return Number.isFinite(value) ? value : String(value)
  if (typeof value !== 'object') return String(value)
  if (isBaseMessage(value)) return plainMessage(value)
  if (Array.isArray(value)) return value.map(plain)
  if (value instanceof Set) return [...value].map(plain)
  if (value instanceof Map) return [...value].map(plain)
  if (value instanceof Uint8Array) return `${value.byteLength} bytes`
  if (value instanceof Error || value instanceof RegExp || value instanceof Date) return String(value)
  return members(value)
}

function members(value: object): Json {
  const given = Object.entries(value).filter(([, member]) => member !== undefined && typeof member !== 'function')
  return Object.fromEntries(given.map(([key, member]) => [key, plain(member)]))
}

export function plainMessage(message: BaseMessage): PlainMessage {
  const calls = isAIMessage(message) ? (message.tool_calls ?? []) : []
  return {
    ...(message.id !== undefined && { id: message.id }),
    role: message.type,
    ...(message.name !== undefined && { name: message.name }),
    content: plain(message.content),
    ...(calls.length > 0 && { calls: calls.map(({ id, name, args }) => plain({ id, name, args })) }),
    ...(isToolMessage(message) && { call: message.tool_call_id, ...(message.status && { status: message.status }) })
  }
}
