// Texts of a list as sealed bytes and back. The place of a row is in its seal, so that it is read nowhere else.
import type { Lane } from './lanes.ts'
import { type Form, LONGEST_TEMPLATE, pack, type Template, unpack } from './packing.ts'
import type { ByteSeal } from './sealing.ts'
import type { FreshElement, Shelf } from './shelf.ts'
import type { ElementRow } from './tables.ts'

export const elementAt = (lane: Lane, seq: number) => `element ${lane} ${seq}`
export const checkpointAt = (id: Buffer, parentId: Buffer | null) =>
  `checkpoint ${id.toString('hex')} ${parentId?.toString('hex')}`
export const writeAt = ({ checkpointId, taskId, idx, channel }: WritePlace) =>
  `write ${checkpointId.toString('hex')} ${taskId.toString('hex')} ${idx} ${channel}`

export interface WritePlace {
  readonly checkpointId: Buffer
  readonly taskId: Buffer
  readonly idx: number
  readonly channel: string
}

export interface Codec {
  element(shelf: Shelf, element: FreshElement): ElementRow
  checkpoint(shelf: Shelf, text: string, at: string): Buffer
  write(shelf: Shelf, text: string, at: string): Buffer
  /** What is sealed, still packed. */
  open(shelf: Shelf, sealed: unknown, at: string): Buffer
  text(shelf: Shelf, packed: Buffer): { readonly form: Form; readonly text: string }
}

/** `deflateFrom`: from how many bytes on texts are deflated. */
export function codecOf(seal: ByteSeal, { deflateFrom }: { deflateFrom?: number | undefined } = {}): Codec {
  const close = (shelf: Shelf, packed: Buffer, at: string) => seal.close(packed, `${shelf.place} ${at}`)
  return {
    element: (shelf, { lane, seq, form, text }) => ({
      lane,
      seq,
      body: close(shelf, pack(text, { form, deflateFrom }), elementAt(lane, seq))
    }),
    checkpoint: (shelf, text, at) => close(shelf, pack(text, { form: 'json', template: templateFor(shelf, text) }), at),
    write: (shelf, text, at) => close(shelf, pack(text, { form: 'json' }), at),
    open: (shelf, sealed, at) => seal.open(sealed, `${shelf.place} ${at}`),
    text: (shelf, packed) => unpack(packed, (seq) => shelf.element(0, seq).text)
  }
}

/** A checkpoint of the list becomes the template of those after it, every now and then: what they have in common is stored once. */
function templateFor(shelf: Shelf, text: string): Template | undefined {
  const count = shelf.countBody()
  const isDue = count % TEMPLATE_EVERY === 0 || (!shelf.found && IN_A_NEW_LIST.has(count))
  if (isDue && text.length <= LONGEST_TEMPLATE) shelf.template = { seq: shelf.part('json', text), text }
  return shelf.template
}

const TEMPLATE_EVERY = 128
/** The first ones do not have yet what all later ones have. */
const IN_A_NEW_LIST = new Set([3, 12, 48])
