import { createHmac, createSecretKey, type KeyObject } from 'node:crypto'
import { RuntimeError } from '../state/errors.ts'
import { type Cipher, cipherOf } from './encryption.ts'

/** Shows nothing of itself where it is printed. */
export type StoreKey = KeyObject

const HEX = /^[0-9a-f]{64}$/i
const BASE64 = /^[\w+/-]{43}=?$/

/**
 * The key of a store from its text; undefined where there is none.
 * @throws RuntimeError BAD_STORE where the text is no key; it is not in the message
 */
export function storeKey(text: string | undefined): StoreKey | undefined {
  return keyOf(text, 'the key of the store (DEPUTY_STORE_KEY)')
}

/**
 * What a store is encrypted with, from the text of the key; undefined where there is none. With the key of the store as well
 * both are needed, to read and to write.
 * @throws RuntimeError BAD_STORE where the text is no key; it is not in the message
 */
export function storeCipher(text: string | undefined, { key }: { key: StoreKey | undefined }): Cipher | undefined {
  const own = keyOf(text, 'the encryption key of the store (DEPUTY_ENCRYPTION_KEY)')
  if (!own) return undefined
  return cipherOf(key ? createSecretKey(createHmac('sha256', key).update(own.export()).digest()) : own)
}

function keyOf(text: string | undefined, name: string): StoreKey | undefined {
  if (!text) return undefined
  if (HEX.test(text)) return createSecretKey(text, 'hex')
  if (BASE64.test(text)) return createSecretKey(text, 'base64')
  throw new RuntimeError(
    'BAD_STORE',
    `${name} is no key: it is 32 bytes in hex or base64, as \`openssl rand -hex 32\` gives them`
  )
}
