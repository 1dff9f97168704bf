import { DeltaSnapshot, isDeltaSnapshot } from '@langchain/langgraph-checkpoint'
import type { Said } from './bare-messages.ts'
import type { Kept, KeptLeaf } from './kept.ts'
import { copyMessage } from './message-shape.ts'

type Members = Record<string, unknown>

/** A copy of what is kept, for somebody who may change it. */
export function copyOf(kept: Kept): unknown {
  switch (kept.kind) {
    case 'leaf':
      return copyOfLeaf(kept)
    case 'list':
      return kept.items.map(copyOf)
    case 'record':
      return record(kept.names, kept.items.map(copyOf))
  }
}

function copyOfLeaf(kept: KeptLeaf): unknown {
  if (kept.bare) return new kept.bare.Message(kept as Said)
  return kept.shape ? copyMessage(kept.value, kept.shape, copied) : copied(kept.value)
}

export function record(names: readonly string[], values: readonly unknown[]): object {
  const members: Members = {}
  for (let at = 0; at < names.length; at++) {
    const name = names[at]!
    if (name === '__proto__') define(members, name, values[at])
    else members[name] = values[at]
  }
  return members
}

/** Of anything that `decode` may give. */
export function copied(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.length === 0 ? [] : value.map(copied)
  const prototype = Object.getPrototypeOf(value)
  if (prototype === Object.prototype) return copiedMembers(value as Members)
  if ('lc_kwargs' in value) return copiedMessage(value as Members, prototype)
  return copiedInstance(value)
}

/** The spread keeps `__proto__` an own key; assigning to it then would not. */
function copiedMembers(value: Members): Members {
  const copy = { ...value }
  for (const name in copy) {
    const member = copy[name]
    if (typeof member !== 'object' || member === null) continue
    if (name === '__proto__') define(copy, name, copied(member))
    else copy[name] = copied(member)
  }
  return copy
}

/** What the constructor was given is mostly the same objects as the members: so it is in the copy. */
function copiedMessage(message: Members, prototype: object): object {
  const copy = { ...message }
  const given = { ...(message.lc_kwargs as Members) }
  for (const name in message) {
    const member = message[name]
    if (typeof member !== 'object' || member === null || name === 'lc_kwargs') continue
    copy[name] = copied(member)
    if (given[name] === member) given[name] = copy[name]
  }
  for (const name in given) {
    const member = given[name]
    if (typeof member === 'object' && member !== null && member !== copy[name]) given[name] = copied(member)
  }
  copy.lc_kwargs = given
  return Object.setPrototypeOf(copy, prototype)
}

function copiedInstance(value: object): unknown {
  if (value instanceof Map) return new Map([...value].map(([key, member]) => [copied(key), copied(member)]))
  if (value instanceof Set) return new Set([...value].map(copied))
  if (value instanceof Uint8Array) return new Uint8Array(value)
  if (value instanceof RegExp) return new RegExp(value.source, value.flags)
  if (value instanceof Error) return new Error(value.message)
  if (isDeltaSnapshot(value)) return new DeltaSnapshot(copied(value.value))
  throw new Error(`${value.constructor.name} is no kind of value`)
}

function define(members: Members, name: string, value: unknown): void {
  Object.defineProperty(members, name, { value, enumerable: true, configurable: true, writable: true })
}
