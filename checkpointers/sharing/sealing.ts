// The seal of `seal.ts` in few bytes: one that says of which kind it is, sixteen of the digest, then what is sealed.
import { createHash, createHmac, timingSafeEqual } from 'node:crypto'
import { RuntimeError } from '../../state/errors.ts'
import { misfit } from '../seal.ts'
import type { StoreKey } from '../store-key.ts'

/** As that of `seal.ts`, for bytes. A place is a text; who seals at many places that begin alike makes it from their parts. */
export interface ByteSeal {
  close(body: Buffer, place: string): Buffer
  /** @throws RuntimeError BAD_STORE where it is not what was closed with this key at this place */
  open(sealed: unknown, place: string): Buffer
}

const KINDS = ['sha256', 'hmac'] as const
const DIGEST_BYTES = 16
const HEAD_BYTES = 1 + DIGEST_BYTES

export function byteSeal(key: StoreKey | undefined): ByteSeal {
  const kind = key ? 'hmac' : 'sha256'

  function headOf(body: Buffer, place: string): Buffer {
    const hash = key ? createHmac('sha256', key) : createHash('sha256')
    const head = Buffer.allocUnsafe(HEAD_BYTES)
    head[0] = KINDS.indexOf(kind)
    hash.update(`${place}\n`).update(body).digest().copy(head, 1, 0, DIGEST_BYTES)
    return head
  }

  return {
    close: (body, place) => Buffer.concat([headOf(body, place), body]),
    open(given, place) {
      const sealed = bytesOf(given)
      const body = sealed.subarray(HEAD_BYTES)
      const expected = headOf(body, place)
      if (sealed.length > HEAD_BYTES && timingSafeEqual(sealed.subarray(0, HEAD_BYTES), expected)) return body
      throw new RuntimeError('BAD_STORE', misfit({ kind, found: KINDS[sealed[0] ?? KINDS.length] }))
    }
  }
}

function bytesOf(data: unknown): Buffer {
  if (data instanceof Uint8Array) return Buffer.from(data.buffer, data.byteOffset, data.byteLength)
  throw new RuntimeError('BAD_STORE', 'it is no bytes')
}
