// The seal of `seal.ts` in few bytes: one that says of which kind it is, those of the digest, then what is sealed. With a cipher there
// stands, behind the byte of its kind, what that makes of it. Without a key a seal shows damage and nothing else, so CRC-32 is enough
// for it: reading a long thread is to open thousands of them.
import { createHash, createHmac, type Hash, type Hmac, timingSafeEqual } from 'node:crypto'
import { crc32 } from 'node:zlib'
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

/** The first byte of a seal is the place of its kind in this list, so none is ever moved. */
const KINDS = ['sha256', 'hmac', 'aes', 'crc32'] as const
type Kind = (typeof KINDS)[number]

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

interface Digest {
  readonly kind: Kind
  readonly bytes: number
  of(body: Buffer, place: string): Buffer
  /** Whether what is sealed has the digest of the body that lies behind it. */
  fits(sealed: Buffer, body: Buffer, place: string): boolean
}

const CRC: Digest = {
  kind: 'crc32',
  bytes: 4,
  of(body, place) {
    const digest = Buffer.allocUnsafe(4)
    digest.writeUInt32LE(crc32(body, crc32(place)))
    return digest
  },
  fits: (sealed, body, place) => sealed.readUInt32LE(1) === crc32(body, crc32(place))
}

const BYTES = 16
const hashed = (kind: Kind, hash: () => Hash | Hmac): Digest => {
  const of = (body: Buffer, place: string) => hash().update(`${place}\n`).update(body).digest().subarray(0, BYTES)
  const fits = (sealed: Buffer, body: Buffer, place: string) =>
    timingSafeEqual(sealed.subarray(1, 1 + BYTES), of(body, place))
  return { kind, bytes: BYTES, of, fits }
}
/** What rows without a key were closed with before. */
const SHA = hashed('sha256', () => createHash('sha256'))
const hmac = (key: StoreKey) => hashed('hmac', () => createHmac('sha256', key))

function digesting(key: StoreKey | undefined): ByteSeal {
  const own = key ? hmac(key) : CRC
  const kind = Buffer.of(KINDS.indexOf(own.kind))
  const readable = key ? [own] : [own, SHA]

  return {
    close: (body, place) => Buffer.concat([kind, own.of(body, place), body]),
    open(given, place) {
      const sealed = bytesOf(given)
      const found = KINDS[sealed[0] ?? KINDS.length]
      const digest = readable.find((each) => each.kind === found)
      const start = 1 + (digest?.bytes ?? 0)
      const body = sealed.subarray(start)
      if (digest && body.length > 0 && digest.fits(sealed, body, place)) return body
      if (found === 'aes') throw new RuntimeError('BAD_STORE', ENCRYPTED)
      throw new RuntimeError(
        'BAD_STORE',
        misfit({ kind: key ? 'hmac' : 'sha256', found: found === 'crc32' ? 'sha256' : found })
      )
    }
  }
}

function bytesOf(data: unknown): Buffer {
  if (Buffer.isBuffer(data)) return data
  if (data instanceof Uint8Array) return Buffer.from(data.buffer, data.byteOffset, data.byteLength)
  throw new RuntimeError('BAD_STORE', 'it is no bytes')
}
