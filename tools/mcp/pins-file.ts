import { readFile } from 'node:fs/promises'
import { z } from 'zod'
import { RuntimeError } from '../../state/errors.ts'
import { atomicWrite } from '../coding/atomic-write.ts'
import type { Pinned, Pins } from './pins.ts'

const Kept = z.record(z.string(), z.record(z.string(), z.string()))

/** Pins in a file, to be kept with the code of a project. One that cannot be read pins nothing by being read as empty: it is an error. */
export function pinsIn(file: string): Pins {
  async function all(): Promise<Record<string, Pinned>> {
    const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOENT') throw error
      return '{}'
    })
    const parsed = Kept.safeParse(jsonOf(text))
    if (!parsed.success) throw new RuntimeError('BAD_STORE', `${file} is no list of reviewed tools`)
    return parsed.data
  }
  return {
    of: async (server) => (await all())[server] ?? {},
    async set(server, pinned) {
      const { [server]: _, ...others } = await all()
      const kept = Object.keys(pinned).length > 0 ? { ...others, [server]: pinned } : others
      await atomicWrite(file, `${JSON.stringify(kept, undefined, 2)}\n`)
    }
  }
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
