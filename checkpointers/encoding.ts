// What checkpoints hold, as JSON and back.
//
// E1. What becomes an instance on the way back was one on the way in: `encode` writes an envelope for it, and only then.
// E2. A plain object comes back as the same plain object, whatever its keys are: one that has the key of the envelopes is
//     put into an envelope itself, and what is in there is not read as one.
// E3. The kinds of envelopes are a closed list. There is no way from a name in the data to a class that is not on it.
// E4. Long text may lie elsewhere: then an envelope says where, which only a reader opens that knows the place.
import { DeltaSnapshot, isDeltaSnapshot } from '@langchain/langgraph-checkpoint'
import { messageFrom, messageParts } from './messages.ts'

const KIND = '$deputy'
const PLAIN = 'plain'
const AT = 'at'
const CIRCULAR = '[Circular]'

type Json = Record<string, unknown>

/** What stands for a text in the tree: the text itself, or `elsewhere`. */
export type ShareText = (text: string) => unknown
/** What lies at a place that `elsewhere` has named. */
export type Open = (place: number) => unknown

export interface EncodeOptions {
  readonly shareText?: ShareText
  /** The objects that the value lies in: they are not encoded again in it. */
  readonly within?: readonly object[]
}

/** The value as a tree of plain objects and lists, which `JSON.stringify` writes as it is. */
export function encode(value: unknown, { shareText = asItIs, within = [] }: EncodeOptions = {}): unknown {
  return encoded(value, { within: [...within], shareText })
}

/** The value of a tree that `JSON.parse` has read, which is used up by it. */
export function decode(tree: unknown, open: Open = nothingIsElsewhere): unknown {
  if (typeof tree !== 'object' || tree === null) return tree
  if (Array.isArray(tree) || !Object.hasOwn(tree, KIND)) return decodeMembers(tree, open)
  const { [KIND]: kind, of } = tree as Json
  if (kind === PLAIN) return decodeMembers(of as object, open)
  return kind === AT ? open(of as number) : revived(kind, decode(of, open))
}

/** Stands in a tree for what lies at a place of its own. */
export function elsewhere(place: number): object {
  return envelope(AT, place)
}

/** Of an envelope that a tree is, its kind and what is in it; undefined for any other tree. */
export function opened(tree: unknown): { readonly kind: unknown; readonly of: unknown } | undefined {
  if (typeof tree !== 'object' || tree === null || !Object.hasOwn(tree, KIND)) return undefined
  const { [KIND]: kind, of } = tree as Json
  return { kind, of }
}

/** What may not be taken apart by its members: encoded, it is more than they. */
export function isEnveloped(value: object): boolean {
  return Object.hasOwn(value, KIND) || typeof (value as { toJSON?: unknown }).toJSON === 'function'
}

function asItIs(text: string): string {
  return text
}

function nothingIsElsewhere(place: number): never {
  throw new Error(`${place} names no place`)
}

/** `JSON.parse` made every key an own one, `__proto__` too, so that assigning to it here touches no prototype. */
function decodeMembers(members: object, open: Open): unknown {
  const tree = members as Json
  for (const key of Object.keys(tree)) {
    const member = tree[key]
    if (typeof member === 'object' && member !== null) tree[key] = decode(member, open)
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

export const envelope = (kind: string, of?: unknown): Json =>
  of === undefined ? { [KIND]: kind } : { [KIND]: kind, of }

interface Encoding {
  /** The objects that the value lies in. */
  readonly within: object[]
  readonly shareText: ShareText
}

function encoded(value: unknown, encoding: Encoding): unknown {
  if (typeof value === 'string') return encoding.shareText(value)
  if (value === undefined) return envelope('undefined')
  if (typeof value === 'bigint') return envelope('bigint', String(value))
  if (isLeftOut(value)) return null
  if (typeof value !== 'object' || value === null) return value
  const { within } = encoding
  if (within.includes(value)) return CIRCULAR
  within.push(value)
  const tree = encodedObject(value, encoding)
  within.pop()
  return tree
}

function encodedObject(value: object, encoding: Encoding): unknown {
  if (Array.isArray(value)) return encodedList(value, encoding)
  const prototype = Object.getPrototypeOf(value)
  const instance = prototype === Object.prototype || prototype === null ? undefined : encodedInstance(value, encoding)
  if (instance !== undefined) return instance
  const { toJSON } = value as { toJSON?: unknown }
  if (typeof toJSON === 'function') return encoded(toJSON.call(value, ''), encoding)
  const members = encodedMembers(value as Json, encoding)
  return Object.hasOwn(members, KIND) ? envelope(PLAIN, members) : members
}

/** Of an instance that is not on the list nothing but its members stays, or what it says of itself with `toJSON`. */
function encodedInstance(value: object, encoding: Encoding): unknown {
  const kept = (kind: string, of: unknown) => envelope(kind, encoded(of, encoding))
  if (value instanceof Uint8Array) return envelope('Uint8Array', Buffer.from(value).toString('base64'))
  if (value instanceof Set) return kept('Set', [...value])
  if (value instanceof Map) return kept('Map', [...value])
  if (value instanceof RegExp) return envelope('RegExp', [value.source, value.flags])
  if (value instanceof Error) return envelope('Error', value.message)
  if (isDeltaSnapshot(value)) return kept('DeltaSnapshot', value.value)
  const message = messageParts(value)
  if (message) return envelope('message', [message.name, encodedMembers(message.fields, encoding)])
  if ((value as Json).lg_name === 'Send') return encodedSend(value as Json, encoding)
  return undefined
}

/** LangGraph knows a `Send` that comes back by its members. */
function encodedSend({ node, args, timeout }: Json, encoding: Encoding): unknown {
  return encodedMembers({ node, args, ...(timeout === undefined ? {} : { timeout }) }, encoding)
}

function encodedList(list: readonly unknown[], encoding: Encoding): readonly unknown[] {
  // Not `map`, which leaves the holes of a list as they are.
  return Array.from(list, (member) => encoded(member, encoding))
}

function encodedMembers(members: Json, encoding: Encoding): object {
  const tree: Json = {}
  for (const key of Object.keys(members)) {
    const member = members[key]
    if (isLeftOut(member)) continue
    if (key === '__proto__') define(tree, key, encoded(member, encoding))
    else tree[key] = encoded(member, encoding)
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
