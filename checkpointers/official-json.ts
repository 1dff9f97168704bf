// What the official serializer wrote, and with it a Deputy that had no own one. In its JSON an instance and a plain object
// that looks like one are the same, so this reads it in favour of plain objects:
//
// O1. Of LangChain's classes only messages are revived, and none inside of another message: what lies there are contents,
//     arguments and metadata, the words of models and people. Anything else that names a class stays a plain object.
// O2. Of the built-in ones those are revived that the official serializer writes; a record that is not as it writes it
//     stays a plain object.
import { DeltaSnapshot } from '@langchain/langgraph-checkpoint'
import { z } from 'zod'
import { isMessageClass, messageFrom } from './messages.ts'

type Members = Record<string, unknown>

const isObject = (value: unknown): value is Members =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const MessageRecord = z.object({
  lc: z.literal(1),
  type: z.literal('constructor'),
  id: z.tuple([z.literal('langchain_core'), z.literal('messages'), z.string().refine(isMessageClass)]),
  kwargs: z.custom<Members>(isObject)
})

const record = <Type extends string, Rest extends z.core.$ZodLooseShape>(type: Type, rest: Rest) =>
  z.object({ lc: z.literal(2), type: z.literal(type), ...rest })
const constructed = <Args extends z.ZodType>(name: string, args: Args) =>
  record('constructor', { id: z.tuple([z.literal(name)]), method: z.literal('from').nullish(), args })

const BuiltIn = z.union([
  record('undefined', {}).transform(() => undefined),
  record('delta_snapshot', { value: z.unknown() }).transform(({ value }) => new DeltaSnapshot(value)),
  constructed('Set', z.tuple([z.array(z.unknown())])).transform(({ args }) => new Set(args[0])),
  constructed('Map', z.tuple([z.array(z.tuple([z.unknown(), z.unknown()]))])).transform(({ args }) => new Map(args[0])),
  constructed('RegExp', z.tuple([z.string(), z.string()]).refine(isRegExp)).transform(
    ({ args }) => new RegExp(...args)
  ),
  constructed('Error', z.tuple([z.string()])).transform(({ args }) => new Error(args[0])),
  constructed('Uint8Array', z.tuple([z.array(z.int().min(0).max(255))])).transform(
    ({ args }) => new Uint8Array(args[0])
  )
])

/** LangChain writes a plain object with `lc` in a message as the only member of another, under this key. */
const ESCAPED = '__lc_escaped__'

export function readOfficialJson(text: string): unknown {
  return revived(JSON.parse(text), { inMessage: false })
}

interface Within {
  readonly inMessage: boolean
}

function revived(value: unknown, { inMessage }: Within): unknown {
  if (!isObject(value)) return revivedMembers(value, { inMessage })
  if (inMessage && Object.hasOwn(value, ESCAPED) && Object.keys(value).length === 1)
    return revivedMembers(value[ESCAPED], { inMessage })
  const isMessage = !inMessage && MessageRecord.safeParse(value).success
  const plain = revivedMembers(value, { inMessage: inMessage || isMessage }) as Members
  if (isMessage) return messageOf(MessageRecord.parse(plain))
  const builtIn = plain.lc === 2 ? BuiltIn.safeParse(plain) : undefined
  return builtIn?.success ? builtIn.data : plain
}

/** `JSON.parse` made every key an own one, `__proto__` too, so that assigning to it here touches no prototype. */
function revivedMembers(value: unknown, within: Within): unknown {
  if (typeof value !== 'object' || value === null) return value
  const members = value as Members
  for (const key of Object.keys(members)) members[key] = revived(members[key], within)
  return members
}

/** The official serializer writes names in snake case; of the fields of a message it is one that this changes. */
function messageOf({
  id,
  kwargs: { content_blocks: contentBlocks, ...fields }
}: z.infer<typeof MessageRecord>): object {
  return messageFrom(id[2], contentBlocks === undefined ? fields : { ...fields, contentBlocks })
}

function isRegExp([source, flags]: [string, string]): boolean {
  try {
    return Boolean(new RegExp(source, flags))
  } catch {
    return false
  }
}
