import { createHash, createHmac, timingSafeEqual } from 'node:crypto'
import { RuntimeError } from '../state/errors.ts'
import type { StoreKey } from './store-key.ts'

/** Where data lies: table, key, column. Data that was moved elsewhere is not what was put there. */
export type Place = readonly (string | number | null | undefined)[]

/**
 * Puts a checksum before data and takes it off again. With a key it is one that cannot be made without the key; without,
 * it shows damage, and nothing against somebody who makes another.
 */
export interface Seal {
  close(text: string, place: Place): Buffer
  /** @throws RuntimeError BAD_STORE where it is not what was closed with this key at this place */
  open(sealed: Buffer, place: Place): string
}

const MARK = Buffer.from('deputy1 ')
const LINE_END = 0x0a

/** Nothing that is JSON begins so, and with that nothing that the official serializer has written. */
export function isSealed(data: Buffer): boolean {
  return data.subarray(0, MARK.length).equals(MARK)
}

export function sealing(key: StoreKey | undefined): Seal {
  const kind = key ? 'hmac' : 'sha256'

  function headerOf(body: Buffer, place: Place): Buffer {
    const hash = key ? createHmac('sha256', key) : createHash('sha256')
    const digest = hash
      .update(`${JSON.stringify(place)}\n`)
      .update(body)
      .digest('base64url')
    return Buffer.from(`${MARK}${kind} ${digest}\n`)
  }

  return {
    close(text, place) {
      const body = Buffer.from(text)
      return Buffer.concat([headerOf(body, place), body])
    },
    open(sealed, place) {
      const start = sealed.indexOf(LINE_END) + 1
      const header = sealed.subarray(0, start)
      const body = sealed.subarray(start)
      const expected = headerOf(body, place)
      if (header.length === expected.length && timingSafeEqual(header, expected)) return body.toString()
      throw new RuntimeError('BAD_STORE', misfit({ kind, found: header.toString().split(' ')[1] }))
    }
  }
}

/** Why a checksum of a kind that was found is not the one that is expected. */
export function misfit({ kind, found }: { kind: 'hmac' | 'sha256'; found: string | undefined }): string {
  if (kind === 'sha256' && found === 'hmac')
    return 'it was written with a key (DEPUTY_STORE_KEY), and the store is open without'
  if (kind === 'hmac' && found === 'sha256') return 'it was written without the key of the store'
  if (kind === 'hmac') return 'its checksum does not match: it was changed, or written with another key'
  return 'its checksum does not match: it was changed'
}
