import { createHash, randomUUID } from 'node:crypto'
import { mkdir, open, readFile, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { RuntimeError } from '../state/errors.ts'
import { closeText, openText } from './encryption.ts'
import { withFileLock } from './file-lock.ts'
import { storeCipher } from './store-key.ts'

/** Secrets of a few lines, each in a file of its own. */
export interface SealedTexts {
  read(name: string): Promise<string | undefined>
  write(name: string, text: string | undefined): Promise<void>
  /** Does work that no two processes do at once for the same name. */
  alone<T>(name: string, work: () => Promise<T>): Promise<T>
}

/**
 * Texts in a directory, encrypted. Each opens under its own name only, so that no file can be put in the place of another; and a
 * reader finds the old one or the new one, never half of either.
 * @throws RuntimeError BAD_STORE where there is no key, or it is none
 */
export function sealedTexts(directory: string, { encryptionKey }: { encryptionKey: string | undefined }): SealedTexts {
  const cipher = storeCipher(encryptionKey, { key: undefined })
  if (!cipher)
    throw new RuntimeError(
      'BAD_STORE',
      'what is secret is kept encrypted only: set DEPUTY_ENCRYPTION_KEY, as `openssl rand -hex 32` gives one'
    )
  const fileOf = (name: string) => join(directory, createHash('sha256').update(name).digest('hex'))
  return {
    async read(name) {
      const closed = await readFile(fileOf(name), 'utf8').catch(unlessMissing)
      return closed === undefined ? undefined : openText(cipher, closed, name)
    },
    async write(name, text) {
      const file = fileOf(name)
      if (text === undefined) return rm(file, { force: true })
      await mkdir(directory, { recursive: true, mode: 0o700 })
      const fresh = `${file}.${randomUUID()}`
      const handle = await open(fresh, 'wx', 0o600)
      try {
        await handle.writeFile(closeText(cipher, text, name))
        await handle.sync()
      } finally {
        await handle.close()
      }
      await rename(fresh, file)
    },
    async alone(name, work) {
      await mkdir(directory, { recursive: true, mode: 0o700 })
      return withFileLock(`${fileOf(name)}.lock`, work)
    }
  }
}

function unlessMissing(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT') throw error
}
