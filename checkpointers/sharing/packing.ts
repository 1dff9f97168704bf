// How a text becomes the bytes of a row. The first byte says what it is (its low half) and how it is packed (its high half).
import { deflateRawSync, inflateRawSync } from 'node:zlib'
import { DICTIONARY } from './dictionary.ts'
import { lengthened, shortened } from './fragments.ts'

/** A text that is a value of its own, or JSON that says one. */
export type Form = 'text' | 'json'

const TEXT = 0
const JSON_FORM = 1
/** A text that UTF-8 does not keep, half of a surrogate pair in it: as JSON. */
const QUOTED = 2
const HALF_A_PAIR = /\p{Surrogate}/u

const PLAIN = 0x00
const DEFLATED = 0x10
/** Deflated with our dictionary before it. */
const KNOWN = 0x20
/** Deflated with our dictionary and another text of the list before it, whose number follows. */
const TEMPLATED = 0x30
/** With characters for its fragments. */
const SHORTENED = 0x40

const SHORT = 64
const LONG = 512
const VERY_LONG = 1 << 18
/** JSON that is longer than this is a value, and not like any other row. */
const LIKE_A_ROW = 2048
/** What compression has to save at least, so that reading pays for it. */
const WORTH = 0.8
/** The window holds the dictionary, a template and the text. What is small is set up faster, and zlib is set up for each text. */
const SMALL = { windowBits: 12, memLevel: 5, chunkSize: 1024 }

/** A text of the same list that others are like. */
export interface Template {
  readonly seq: number
  readonly text: string
}
/** Longer than this a template would not fit into the window beside the dictionary. */
export const LONGEST_TEMPLATE = 1500

interface Packing {
  readonly form: Form
  readonly template?: Template | undefined
  /** From how many bytes on a text is deflated. */
  readonly deflateFrom?: number | undefined
}

export function pack(text: string, { form, template, deflateFrom = LONG }: Packing): Buffer {
  const isShort = form === 'json' && !template && text.length < LONG
  if (isShort) return Buffer.concat([Buffer.of(JSON_FORM | SHORTENED), Buffer.from(shortened(text))])
  const kind = form === 'json' ? JSON_FORM : HALF_A_PAIR.test(text) ? QUOTED : TEXT
  const bytes = Buffer.from(kind === QUOTED ? JSON.stringify(text) : text)
  if (kind === JSON_FORM && bytes.length >= SHORT && bytes.length < LIKE_A_ROW) return packSmall(bytes, template)
  if (bytes.length < deflateFrom) return Buffer.concat([Buffer.of(kind | PLAIN), bytes])
  const small = bytes.length <= 1 << SMALL.windowBits && SMALL
  const deflated = deflateRawSync(bytes, { ...small, level: bytes.length > VERY_LONG ? 1 : 6 })
  if (deflated.length > bytes.length * WORTH) return Buffer.concat([Buffer.of(kind | PLAIN), bytes])
  return Buffer.concat([Buffer.of(kind | DEFLATED), deflated])
}

function packSmall(bytes: Buffer, template: Template | undefined): Buffer {
  const deflated = deflateRawSync(bytes, { ...SMALL, dictionary: dictionaryOf(template?.text) })
  if (deflated.length > bytes.length * WORTH) return Buffer.concat([Buffer.of(JSON_FORM | PLAIN), bytes])
  if (!template) return Buffer.concat([Buffer.of(JSON_FORM | KNOWN), deflated])
  const head = Buffer.alloc(5)
  head[0] = JSON_FORM | TEMPLATED
  head.writeUInt32LE(template.seq, 1)
  return Buffer.concat([head, deflated])
}

/** The number of the template that is needed to unpack it, undefined where none is. */
export function templateOf(packed: Buffer): number | undefined {
  return (packed[0]! & 0xf0) === TEMPLATED ? packed.readUInt32LE(1) : undefined
}

/** @throws Error where it is not what `pack` gave */
export function unpack(packed: Buffer, textOf: (seq: number) => string): { form: Form; text: string } {
  const text = inflated(packed, textOf)
  switch (packed[0]! & 0x0f) {
    case TEXT:
      return { form: 'text', text }
    case JSON_FORM:
      return { form: 'json', text: (packed[0]! & 0xf0) === SHORTENED ? lengthened(text) : text }
    case QUOTED:
      return { form: 'text', text: JSON.parse(text) }
    default:
      throw new Error('it is packed in a way that is not known')
  }
}

function inflated(packed: Buffer, textOf: (seq: number) => string): string {
  switch (packed[0]! & 0xf0) {
    case PLAIN:
    case SHORTENED:
      return packed.toString('utf8', 1)
    case DEFLATED: {
      const options = packed.length < SMALL.chunkSize ? { chunkSize: SMALL.chunkSize } : {}
      return inflateRawSync(packed.subarray(1), options).toString()
    }
    case KNOWN:
      return inflateRawSync(packed.subarray(1), { ...SMALL, dictionary: dictionaryOf(undefined) }).toString()
    case TEMPLATED: {
      const dictionary = dictionaryOf(textOf(packed.readUInt32LE(1)))
      return inflateRawSync(packed.subarray(5), { ...SMALL, dictionary }).toString()
    }
    default:
      throw new Error('it is packed in a way that is not known')
  }
}

let lastTemplate: { readonly text: string; readonly dictionary: Buffer } | undefined

function dictionaryOf(template: string | undefined): Buffer {
  if (template === undefined) return DICTIONARY
  if (lastTemplate?.text === template) return lastTemplate.dictionary
  const dictionary = Buffer.concat([DICTIONARY, Buffer.from(template)])
  lastTemplate = { text: template, dictionary }
  return dictionary
}
