// What checkpoints hold, as JSON and back.
//
// E1. What becomes an instance on the way back was one on the way in: `encode` writes an envelope for it, and only then.
// E2. A plain object comes back as the same plain object, whatever its keys are: one that has the key of the envelopes is
//     put into an envelope itself, and what is in there is not read as one.
// E3. The kinds of envelopes are a closed list. There is no way from a name in the data to a class that is not on it.
import { DeltaSnapshot, isDeltaSnapshot } from '@langchain/langgraph-checkpoint'
import { messageFrom, messageParts } from './messages.ts'

const KIND = '$deputy'
const PLAIN = 'plain'
const CIRCULAR = '[Circular]'

type Json = Record<string, unknown>

/** The value as a tree of plain objects and lists, which `JSON.stringify` writes as it is. */
export function encode(value: unknown): unknown {
  return encoded(value, [])
}

/** The value of a tree that `JSON.parse` has read, which is used up by it. */
export function decode(tree: unknown): unknown {
  if (typeof tree !== 'object' || tree === null) return tree
  if (Array.isArray(tree) || !Object.hasOwn(tree, KIND)) return decodeMembers(tree)
  const { [KIND]: kind, of } = tree as Json
  if (kind === PLAIN) return decodeMembers(of as object)
  return revived(kind, decode(of))
}

/** `JSON.parse` made every key an own one, `__proto__` too, so that assigning to it here touches no prototype. */
function decodeMembers(members: object): unknown {
  const tree = members as Json
  for (const key of Object.keys(tree)) {
    const member = tree[key]
    if (typeof member === 'object' && member !== null) tree[key] = decode(member)
  }
  return tree
}

/** What is in an envelope is believed to have the form that `encode` gave it: nobody but us writes one with our checksum. */
function revived(kind: unknown, of: unknown): unknown {
  switch (kind) {
    case 'undefined':
      return undefined
    case 'bigint':
      return BigInt(of as string)
    case 'Set':
      return new Set(of as unknown[])
    case 'Map':
      return new Map(of as [unknown, unknown][])
    case 'RegExp':
      return new RegExp(...(of as [string, string]))
    case 'Error':
      return new Error(of as string)
    case 'Uint8Array':
      return new Uint8Array(Buffer.from(of as string, 'base64'))
    case 'DeltaSnapshot':
      return new DeltaSnapshot(of)
    case 'message':
      return messageFrom(...(of as [string, object]))
    default:
      throw new Error(`${JSON.stringify(kind)} is no kind of value`)
  }
}

const envelope = (kind: string, of?: unknown): Json => (of === undefined ? { [KIND]: kind } : { [KIND]: kind, of })

/** `within` are the objects that the value lies in. */
function encoded(value: unknown, within: object[]): unknown {
  if (value === undefined) return envelope('undefined')
  if (typeof value === 'bigint') return envelope('bigint', String(value))
  if (isLeftOut(value)) return null
  if (typeof value !== 'object' || value === null) return value
  if (within.includes(value)) return CIRCULAR
  within.push(value)
  const tree = encodedObject(value, within)
  within.pop()
  return tree
}

function encodedObject(value: object, within: object[]): unknown {
  if (Array.isArray(value)) return encodedList(value, within)
  const prototype = Object.getPrototypeOf(value)
  const instance = prototype === Object.prototype || prototype === null ? undefined : encodedInstance(value, within)
  if (instance !== undefined) return instance
  const { toJSON } = value as { toJSON?: unknown }
  if (typeof toJSON === 'function') return encoded(toJSON.call(value, ''), within)
  const members = encodedMembers(value as Json, within)
  return Object.hasOwn(members, KIND) ? envelope(PLAIN, members) : members
}

/** Of an instance that is not on the list nothing but its members stays, or what it says of itself with `toJSON`. */
function encodedInstance(value: object, within: object[]): unknown {
  const kept = (kind: string, of: unknown) => envelope(kind, encoded(of, within))
  if (value instanceof Uint8Array) return envelope('Uint8Array', Buffer.from(value).toString('base64'))
  if (value instanceof Set) return kept('Set', [...value])
  if (value instanceof Map) return kept('Map', [...value])
  if (value instanceof RegExp) return envelope('RegExp', [value.source, value.flags])
  if (value instanceof Error) return envelope('Error', value.message)
  if (isDeltaSnapshot(value)) return kept('DeltaSnapshot', value.value)
  const message = messageParts(value)
  if (message) return envelope('message', [message.name, encodedMembers(message.fields, within)])
  if ((value as Json).lg_name === 'Send') return encodedSend(value as Json, within)
  return undefined
}

/** LangGraph knows a `Send` that comes back by its members. */
function encodedSend({ node, args, timeout }: Json, within: object[]): unknown {
  return encodedMembers({ node, args, ...(timeout === undefined ? {} : { timeout }) }, within)
}

function encodedList(list: readonly unknown[], within: object[]): readonly unknown[] {
  // Not `map`, which leaves the holes of a list as they are.
  return Array.from(list, (member) => encoded(member, within))
}

function encodedMembers(members: Json, within: object[]): object {
  const tree: Json = {}
  for (const key of Object.keys(members)) {
    const member = members[key]
    if (isLeftOut(member)) continue
    if (key === '__proto__') define(tree, key, encoded(member, within))
    else tree[key] = encoded(member, within)
  }
  return tree
}

/** What assigning does, but for a key that an assignment would take for the prototype. */
function define(tree: Json, key: string, value: unknown): void {
  Object.defineProperty(tree, key, { value, enumerable: true, configurable: true, writable: true })
}

/** JSON has no word for it: it is left out of an object, and null in a list. */
function isLeftOut(value: unknown): boolean {
  return typeof value === 'function' || typeof value === 'symbol'
}
