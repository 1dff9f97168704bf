// Threads are mostly messages, and with each checkpoint all of them are looked at. What is the same for many of them is found
// out once: then comparing and copying one touches little more than what may differ.
import { isEmptyList, isEmptyObject, wasGiven } from './bare-messages.ts'
import { isSame } from './same.ts'

type Members = Record<string, unknown>

interface Message extends Members {
  readonly lc_kwargs: Members
}

/** What messages that were made alike have in common. */
export interface MessageShape {
  readonly prototype: object
  /** What the constructor was given. */
  readonly names: readonly string[]
  /** Of these, what `isSameMessage` does not look at by name. */
  readonly others: readonly string[]
  /** Members that are objects, and so have to be copied. */
  readonly objects: readonly string[]
}

const LOOKED_AT = new Set([
  ...['content', 'id', 'name', 'additional_kwargs', 'response_metadata', 'tool_calls', 'invalid_tool_calls'],
  ...['usage_metadata', 'tool_call_id', 'status', 'artifact']
])
/** The same for all messages, and frozen in what is kept. */
const NAMESPACE = 'lc_namespace'
const GIVEN = 'lc_kwargs'

const PLAIN = Object.prototype

/** By their prototypes. */
const shapes = new Map<object, MessageShape[]>()
const MOST_SHAPES = 64

/** Undefined for what is no message. */
export function shapeOf(value: unknown): MessageShape | undefined {
  if (typeof value !== 'object' || value === null || !(GIVEN in value)) return undefined
  const message = value as Message
  const prototype = Object.getPrototypeOf(value)
  if (prototype === PLAIN) return undefined // somebody's own object that has such a key
  const names = Object.keys(message.lc_kwargs).filter((name) => message.lc_kwargs[name] !== undefined)
  const objects = Object.keys(message).filter((name) => isObject(message[name]) && name !== GIVEN && name !== NAMESPACE)
  const extra = names.filter((name) => isObject(message.lc_kwargs[name]) && !objects.includes(name))
  if (extra.length > 0) return undefined
  Object.freeze(message[NAMESPACE])
  return knownShape({ prototype, names, objects })
}

function knownShape(found: Omit<MessageShape, 'others'>): MessageShape {
  const { prototype, names, objects } = found
  const known = shapes.get(prototype) ?? []
  const same = known.find((shape) => areSameNames(shape.names, names) && areSameNames(shape.objects, objects))
  if (same) return same
  const shape = { ...found, others: names.filter((name) => !LOOKED_AT.has(name)) }
  if (known.length < MOST_SHAPES) shapes.set(prototype, [...known, shape])
  return shape
}

function areSameNames(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((name, at) => name === b[at])
}

function isObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null
}

/** As `isSame`, for a kept message of this shape. */
export function isSameMessage(value: unknown, kept: unknown, shape: MessageShape): boolean {
  if (typeof value !== 'object' || value === null || Object.getPrototypeOf(value) !== shape.prototype) return false
  const [a, b] = [value as Message, kept as Message]
  return haveSameMembers(a, b) && wasGiven(a.lc_kwargs, shape.names) && shape.others.every((name) => sameOf(a, b, name))
}

function haveSameMembers(a: Message, b: Message): boolean {
  return (
    alike(a.content, b.content) &&
    a.id === b.id &&
    a.name === b.name &&
    alike(a.additional_kwargs, b.additional_kwargs) &&
    alike(a.response_metadata, b.response_metadata) &&
    alike(a.tool_calls, b.tool_calls) &&
    alike(a.invalid_tool_calls, b.invalid_tool_calls) &&
    alike(a.usage_metadata, b.usage_metadata) &&
    a.tool_call_id === b.tool_call_id &&
    a.status === b.status &&
    alike(a.artifact, b.artifact)
  )
}

/** Most are the same text, nothing at all or empty. */
function alike(a: unknown, b: unknown): boolean {
  return a === b || (isEmptyList(a) && isEmptyList(b)) || (isEmptyObject(a) && isEmptyObject(b)) || isSame(a, b)
}

function sameOf(a: Message, b: Message, name: string): boolean {
  const of = (message: Message) => (Object.hasOwn(message, name) ? message[name] : message.lc_kwargs[name])
  return isSame(of(a), of(b))
}

/** A copy of a kept message of this shape; `copied` makes those of its members. */
export function copyMessage(kept: unknown, shape: MessageShape, copied: (value: unknown) => unknown): object {
  const copy = { ...(kept as Message) } as Members
  const given = { ...(kept as Message).lc_kwargs }
  for (const name of shape.objects) {
    const member = copied(copy[name])
    if (given[name] !== undefined) given[name] = member
    copy[name] = member
  }
  copy[GIVEN] = given
  return Object.setPrototypeOf(copy, shape.prototype)
}
