import type { SerializerProtocol } from '@langchain/langgraph-checkpoint'
import { RuntimeError } from '../state/errors.ts'
import { decode, encode } from './encoding.ts'
import { readOfficialJson } from './official-json.ts'
import { isSealed, type Place, sealing } from './seal.ts'
import type { StoreKey } from './store-key.ts'

/** What stands in the columns that name the type of data. */
export const DUMPED = 'deputy'

/** Data as a row has it: bytes mostly, text where somebody wrote text. */
export interface Dumped {
  readonly type: string | null
  readonly data: unknown
}

/**
 * Checkpoints as bytes and back, for all savers. What is read is what was put: nothing becomes an instance that was a plain
 * object, and what was changed meanwhile, or lies at another place, is refused.
 */
export interface Serializer extends SerializerProtocol {
  dump(value: unknown, place?: Place): Buffer
  /** @throws Error where it is damaged, also RuntimeError BAD_STORE */
  load(dumped: Dumped, place?: Place): unknown
}

/** With a key it reads only what was written with that key; without one also what the official serializer wrote. */
export function serializer({ key }: { key?: StoreKey | undefined } = {}): Serializer {
  const seal = sealing(key)

  const dump: Serializer['dump'] = (value, place = []) => seal.close(JSON.stringify(encode(value)), place)

  const load: Serializer['load'] = ({ type, data }, place = []) => {
    const bytes = bytesOf(data)
    if (isSealed(bytes)) return decode(JSON.parse(seal.open(bytes, place)))
    if (key) throw new RuntimeError('BAD_STORE', 'it was written without the key of the store')
    if (type === 'bytes') return new Uint8Array(bytes)
    if (type === 'json' || type === null) return readOfficialJson(bytes.toString())
    throw new RuntimeError('BAD_STORE', `its type ${JSON.stringify(type)} is not known, or its beginning is gone`)
  }

  return {
    dump,
    load,
    dumpsTyped: async (value) => [DUMPED, dump(value)],
    loadsTyped: async (type, data) => load({ type, data })
  }
}

function bytesOf(data: unknown): Buffer {
  if (data instanceof Uint8Array) return Buffer.from(data.buffer, data.byteOffset, data.byteLength)
  if (typeof data === 'string') return Buffer.from(data)
  throw new RuntimeError('BAD_STORE', 'it is neither bytes nor text')
}
