import {
  AIMessage,
  AIMessageChunk,
  ChatMessage,
  ChatMessageChunk,
  FunctionMessage,
  FunctionMessageChunk,
  HumanMessage,
  HumanMessageChunk,
  RemoveMessage,
  SystemMessage,
  SystemMessageChunk,
  ToolMessage,
  ToolMessageChunk
} from '@langchain/core/messages'

type Fields = Record<string, unknown>
type MessageClass = new (fields: never) => object

/** The only classes of LangChain that come out of a store. */
const CLASSES: ReadonlyMap<unknown, MessageClass> = new Map(
  Object.entries<MessageClass>({
    AIMessage,
    AIMessageChunk,
    ChatMessage,
    ChatMessageChunk,
    FunctionMessage,
    FunctionMessageChunk,
    HumanMessage,
    HumanMessageChunk,
    RemoveMessage,
    SystemMessage,
    SystemMessageChunk,
    ToolMessage,
    ToolMessageChunk
  })
)
const NAMES: ReadonlyMap<unknown, unknown> = new Map([...CLASSES].map(([name, messageClass]) => [messageClass, name]))

export interface MessageParts {
  readonly name: string
  /** What its constructor is given, to get the same message. */
  readonly fields: Fields
}

/** The parts of a message, undefined for anything else. Only for instances: a plain object may look like one. */
export function messageParts(instance: object): MessageParts | undefined {
  const { lc_namespace: namespace, lc_kwargs: given } = instance as { lc_namespace?: unknown; lc_kwargs?: object }
  if (!Array.isArray(namespace) || namespace.join('/') !== 'langchain_core/messages' || !given) return undefined
  const name = nameOf(instance)
  if (name === undefined) return undefined
  const fields = Object.entries(given)
    .map(([key, first]) => [key, Object.hasOwn(instance, key) ? (instance as Fields)[key] : first] as const)
    .filter(([, value]) => value !== undefined)
  return { name, fields: Object.fromEntries(fields) }
}

/** @throws Error where `name` is not one of the message classes */
export function messageFrom(name: unknown, fields: object): object {
  const messageClass = CLASSES.get(name)
  if (!messageClass) throw new Error(`${JSON.stringify(name)} is no class of messages`)
  return new messageClass(fields as never)
}

/** What instances of a message class are made of, undefined for any other name. */
export function messagePrototype(name: unknown): object | undefined {
  return CLASSES.get(name)?.prototype
}

export function isMessageClass(name: unknown): boolean {
  return CLASSES.has(name)
}

/** A subclass goes by the class of ours that it extends; one of another copy of the package by its own name. */
function nameOf(instance: object): string | undefined {
  for (let at: unknown = instance.constructor; typeof at === 'function'; at = Object.getPrototypeOf(at)) {
    const name = NAMES.get(at)
    if (typeof name === 'string') return name
  }
  const { lc_id: id } = instance as { lc_id?: readonly unknown[] }
  const name = id?.at(-1)
  return typeof name === 'string' && CLASSES.has(name) ? name : undefined
}
