// Most messages of a thread are bare: text, an id and nothing else. Of such a one only these are kept, beside how messages of its kind
// are made: thousands of them are read, compared and copied with each turn.
import { isDeepStrictEqual } from 'node:util'
import { opened } from '../encoding.ts'
import { messagePrototype } from '../messages.ts'

type Members = Record<string | symbol, unknown>

export interface Said {
  readonly content: string
  readonly id: unknown
}

/** Bare messages that were made alike. */
export interface BareKind {
  readonly prototype: object
  /** What their constructor was given, in order. */
  readonly names: readonly string[]
  readonly Message: new (said: Said) => object
}

const NAMES = new Set([
  ...['content', 'id', 'additional_kwargs', 'response_metadata', 'tool_calls', 'invalid_tool_calls']
])
const PLAIN = Object.prototype
/** By this LangChain knows a message. */
const MESSAGE = Symbol.for('langchain.message')

/** By their prototypes. */
const kinds = new Map<object, BareKind[]>()
const MOST_KINDS = 16

/** The kind of a message that is nobody else's, undefined where it is not bare. */
export function bareKindOf(value: unknown): BareKind | undefined {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, 'lc_kwargs')) return undefined
  const message = value as Members
  const prototype = Object.getPrototypeOf(message)
  if (prototype === PLAIN || typeof message.content !== 'string') return undefined
  const known = kinds.get(prototype) ?? []
  const fitting = known.find((kind) => isStillBare(message, message as unknown as Said, kind))
  if (fitting || known.length === MOST_KINDS) return fitting
  const kind = kindLike(message)
  if (kind) kinds.set(prototype, [...known, kind])
  return kind
}

/** What is in a message's class that we do not know shows here: then it is not taken for bare. */
function kindLike(message: Members): BareKind | undefined {
  const given = message.lc_kwargs as Members
  const names = Object.keys(given).filter((name) => given[name] !== undefined)
  if (!names.includes('content') || !names.every((name) => NAMES.has(name))) return undefined
  const kind = { prototype: Object.getPrototypeOf(message), names, Message: classLike(message) }
  const made = new kind.Message(message as unknown as Said) as Members
  const isOrdered = isDeepStrictEqual(Reflect.ownKeys(made), Reflect.ownKeys(message))
  return isOrdered && isDeepStrictEqual(made, message) ? kind : undefined
}

/** A constructor for what LangChain's gives of text and an id: with these members, in this order. */
function classLike(first: Members): BareKind['Message'] {
  const { lc_serializable, lc_namespace, type } = first
  const template = { ...(first.lc_kwargs as Members) }
  const hasCalls = Object.hasOwn(first, 'tool_calls')
  const isGiven = (name: string) => template[name] !== undefined
  const [withId, withExtras, withMetadata] = ['id', 'additional_kwargs', 'response_metadata'].map(isGiven)
  const [withCalls, withInvalid] = ['tool_calls', 'invalid_tool_calls'].map(isGiven)
  Object.freeze(lc_namespace) // the same for all messages

  function Bare(this: Members, { content, id }: Said) {
    const given = { ...template }
    given.content = content
    if (withId) given.id = id
    this.lc_serializable = lc_serializable
    this.lc_kwargs = given
    this.lc_namespace = lc_namespace
    this.id = id
    this.name = undefined
    this.content = content
    this.additional_kwargs = {}
    this.response_metadata = {}
    this.type = type
    this[MESSAGE] = true
    if (withExtras) given.additional_kwargs = this.additional_kwargs
    if (withMetadata) given.response_metadata = this.response_metadata
    if (!hasCalls) return
    this.tool_calls = []
    this.invalid_tool_calls = []
    this.usage_metadata = undefined
    if (withCalls) given.tool_calls = this.tool_calls
    if (withInvalid) given.invalid_tool_calls = this.invalid_tool_calls
  }
  Bare.prototype = Object.getPrototypeOf(first)
  return Bare as unknown as BareKind['Message']
}

/** Whether a value is still a message of this kind that says this. A no may be wrong, as that of `isSame`. */
export function isStillBare(value: unknown, { content, id }: Said, { prototype, names }: BareKind): boolean {
  if (typeof value !== 'object' || value === null || Object.getPrototypeOf(value) !== prototype) return false
  const message = value as Members
  return (
    message.content === content &&
    message.id === id &&
    message.name === undefined &&
    holdsNothing(message) &&
    wasGiven(message.lc_kwargs as Members, names)
  )
}

/** What a message has beside its text, or its constructor was given. */
function holdsNothing({ additional_kwargs, response_metadata, tool_calls, invalid_tool_calls }: Members): boolean {
  return (
    (additional_kwargs === undefined || isEmptyObject(additional_kwargs)) &&
    (response_metadata === undefined || isEmptyObject(response_metadata)) &&
    (tool_calls === undefined || isEmptyList(tool_calls)) &&
    (invalid_tool_calls === undefined || isEmptyList(invalid_tool_calls))
  )
}

export function isEmptyObject(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false
  for (const _name in value) return false
  return Object.getPrototypeOf(value) === PLAIN
}

export function isEmptyList(value: unknown): boolean {
  return Array.isArray(value) && value.length === 0
}

/** Of these names, in the same order. */
export function wasGiven(given: Members, names: readonly string[]): boolean {
  let at = 0
  for (const name in given) {
    if (given[name] === undefined) continue
    if (names[at] !== name) return false
    at += 1
  }
  return at === names.length
}

/**
 * What the tree of a message says, as `encode` made it, where it is one of a kind that is known; `open` has what lies elsewhere.
 * Nothing of the tree is used up.
 */
export function bareIn(tree: unknown, open: (place: number) => unknown): ({ bare: BareKind } & Said) | undefined {
  const found = opened(tree)
  if (found?.kind !== 'message') return undefined
  const [name, fields] = found.of as [unknown, Members]
  const bare = kinds.get(messagePrototype(name) ?? PLAIN)?.find(({ names }) => isEncodedBare(fields, names))
  if (!bare) return undefined
  const content = typeof fields.content === 'string' ? fields.content : textAt(fields.content, open)
  return content === undefined ? undefined : { bare, content, id: fields.id }
}

function isEncodedBare(fields: Members, names: readonly string[]): boolean {
  return wasGiven(fields, names) && holdsNothing(fields) && (fields.id === undefined || typeof fields.id === 'string')
}

function textAt(tree: unknown, open: (place: number) => unknown): string | undefined {
  const found = opened(tree)
  if (found?.kind !== 'at') return undefined
  const text = open(found.of as number)
  return typeof text === 'string' ? text : undefined
}
