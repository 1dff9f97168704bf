import { createCipheriv, createDecipheriv, type KeyObject, randomBytes } from 'node:crypto'
import { RuntimeError } from '../state/errors.ts'

/** Hides data, for one place: closed there, it is opened there and nowhere else. */
export interface Cipher {
  close(data: Buffer, place: string): Buffer
  /** @throws RuntimeError BAD_STORE where it is not what was closed with this key at this place */
  open(closed: Buffer, place: string): Buffer
}

const ALGORITHM = 'aes-256-gcm'
/** A new one for each row, by chance: a key is good for some thousand million of them. */
const NONCE_BYTES = 12
const TAG_BYTES = 16
const HEAD_BYTES = NONCE_BYTES + TAG_BYTES

/** AES-256-GCM: what it closes is a nonce, a tag and the encrypted data; the place goes into the tag. */
export function cipherOf(key: KeyObject): Cipher {
  return {
    close(data, place) {
      const nonce = randomBytes(NONCE_BYTES)
      const cipher = createCipheriv(ALGORITHM, key, nonce).setAAD(Buffer.from(place))
      const hidden = [cipher.update(data), cipher.final()]
      return Buffer.concat([nonce, cipher.getAuthTag(), ...hidden])
    },
    open(closed, place) {
      if (closed.length < HEAD_BYTES) throw new RuntimeError('BAD_STORE', MISFIT)
      const decipher = createDecipheriv(ALGORITHM, key, closed.subarray(0, NONCE_BYTES), { authTagLength: TAG_BYTES })
      decipher.setAAD(Buffer.from(place)).setAuthTag(closed.subarray(NONCE_BYTES, HEAD_BYTES))
      try {
        return Buffer.concat([decipher.update(closed.subarray(HEAD_BYTES)), decipher.final()])
      } catch (cause) {
        throw new RuntimeError('BAD_STORE', MISFIT, { cause })
      }
    }
  }
}

export const NOT_ENCRYPTED = 'it is not encrypted, and the store is open with an encryption key'
export const ENCRYPTED = 'it is encrypted, and the store is open without its encryption key (DEPUTY_ENCRYPTION_KEY)'
const MISFIT = 'its checksum does not match: it was changed, or encrypted with another key'

const MARK = 'aes256gcm '

/** Closes a text for a column of text. Nothing that is JSON begins as it does. */
export function closeText(cipher: Cipher, text: string, place: string): string {
  return MARK + cipher.close(Buffer.from(text, 'utf8'), place).toString('base64')
}

export function isClosedText(text: unknown): text is string {
  return typeof text === 'string' && text.startsWith(MARK)
}

/** @throws RuntimeError BAD_STORE where it is not what `closeText` gave at this place */
export function openText(cipher: Cipher, text: unknown, place: string): string {
  if (!isClosedText(text)) throw new RuntimeError('BAD_STORE', NOT_ENCRYPTED)
  return cipher.open(Buffer.from(text.slice(MARK.length), 'base64'), place).toString('utf8')
}
