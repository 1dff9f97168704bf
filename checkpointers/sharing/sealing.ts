// The seal of `seal.ts` in few bytes: one that says of which kind it is, sixteen of the digest, then what is sealed. With a cipher
// there stands, behind the byte of its kind, what that makes of it.
import { createHash, createHmac, timingSafeEqual } from 'node:crypto'
import { RuntimeError } from '../../state/errors.ts'
import { type Cipher, ENCRYPTED, NOT_ENCRYPTED } from '../encryption.ts'
import { misfit } from '../seal.ts'
import type { StoreKey } from '../store-key.ts'

/** As that of `seal.ts`, for bytes. A place is a text; who seals at many places that begin alike makes it from their parts. */
export interface ByteSeal {
  close(body: Buffer, place: string): Buffer
  /** @throws RuntimeError BAD_STORE where it is not what was closed with this key at this place */
  open(sealed: unknown, place: string): Buffer
}

const KINDS = ['sha256', 'hmac', 'aes'] as const
const DIGEST_BYTES = 16
const HEAD_BYTES = 1 + DIGEST_BYTES

/** What closes the rows of a store. */
export interface Keys {
  readonly key: StoreKey | undefined
  /** What it encrypts is sealed by that as well, and not by the key. */
  readonly cipher: Cipher | undefined
}

export function byteSeal({ key, cipher }: Keys): ByteSeal {
  return cipher ? encrypting(cipher) : digesting(key)
}

function encrypting(cipher: Cipher): ByteSeal {
  const kind = Buffer.of(KINDS.indexOf('aes'))
  return {
    close: (body, place) => Buffer.concat([kind, cipher.close(body, place)]),
    open(given, place) {
      const sealed = bytesOf(given)
      const isPlain = sealed.length > 0 && sealed[0] !== kind[0] && KINDS[sealed[0]!] !== undefined
      if (isPlain) throw new RuntimeError('BAD_STORE', NOT_ENCRYPTED)
      return cipher.open(sealed.subarray(1), place)
    }
  }
}

function digesting(key: StoreKey | undefined): ByteSeal {
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
      const found = KINDS[sealed[0] ?? KINDS.length]
      throw new RuntimeError('BAD_STORE', found === 'aes' ? ENCRYPTED : misfit({ kind, found }))
    }
  }
}

function bytesOf(data: unknown): Buffer {
  if (data instanceof Uint8Array) return Buffer.from(data.buffer, data.byteOffset, data.byteLength)
  throw new RuntimeError('BAD_STORE', 'it is no bytes')
}
