import type { WholeStore } from '../../checkpointers/whole/whole-store.ts'
import { RuntimeError } from '../../state/errors.ts'
import type { SeenStore } from './seen-store.ts'

/** @throws RuntimeError BAD_ARGUMENTS for a store in memory */
export function wholeOf({ whole, url }: SeenStore): WholeStore {
  if (whole) return whole
  throw new RuntimeError(
    'BAD_ARGUMENTS',
    `${url} ends with this process: name a store that lasts, sqlite:PATH or postgres://…`
  )
}
