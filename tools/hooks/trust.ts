// T1. Trust is for a workspace and for exactly this content of its hooks. Changed content was never trusted.
// T2. What cannot be read is no trust, and says so.
import { mkdir, readFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { z } from 'zod'
import { messageOf, RuntimeError } from '../../state/errors.ts'
import { atomicWrite } from '../coding/atomic-write.ts'
import { inTurn } from '../coding/in-turn.ts'

/** `ignored`: a person has looked, and they are not to run. */
export const Standing = z.enum(['trusted', 'ignored'])
export type Standing = z.infer<typeof Standing>

const Trusted = z.record(z.string(), z.record(z.string(), Standing))
type Trusted = z.infer<typeof Trusted>

export interface Trust {
  /** Undefined where nobody has said anything of this content. */
  standing(of: { workspace: string; hash: string }): Promise<Standing | undefined>
  set(of: { workspace: string; hash: string; as: Standing }): Promise<void>
}

/** Kept in a file. @throws RuntimeError BAD_HOOKS where that is not what it should be */
export function trustIn(path: string): Trust {
  return {
    async standing({ workspace, hash }) {
      const hashes = own(await read(path), workspace)
      return hashes && own(hashes, hash)
    },
    set: ({ workspace, hash, as }) =>
      inTurn(path, async () => {
        const trusted = await read(path)
        const hashes = { ...own(trusted, workspace), [hash]: as }
        await mkdir(dirname(path), { recursive: true, mode: 0o700 })
        await atomicWrite(path, `${JSON.stringify({ ...trusted, [workspace]: hashes }, null, 2)}\n`)
      })
  }
}

function own<T>(record: Readonly<Record<string, T>>, key: string): T | undefined {
  return Object.hasOwn(record, key) ? record[key] : undefined
}

async function read(path: string): Promise<Trusted> {
  try {
    return Trusted.parse(JSON.parse(await readFile(path, 'utf8')))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return {}
    throw new RuntimeError('BAD_HOOKS', `${path} is no list of trusted hooks: ${messageOf(error)}`)
  }
}
