import { openStore } from '../../checkpointers/open.ts'
import { journalOf, principalOf } from '../../runtime/tenancy.ts'
import { type Output, outputOf } from '../output.ts'
import { refuse } from '../refusal.ts'
import type { Surroundings } from '../surroundings.ts'
import type { StoreOptions } from './options.ts'
import type { SeenStore } from './seen-store.ts'

/** What every command is given. */
export interface Setting {
  readonly surroundings: Surroundings
  /** The store where `--store` names none. */
  readonly usualStore: string
  exit(code: number): void
}

export interface AtStore extends Setting {
  readonly store: SeenStore
  readonly output: Output
}

/** A command between opening the store and its exit code; what is thrown is told on stderr. */
export async function atStore(
  options: StoreOptions,
  setting: Setting,
  work: (at: AtStore) => Promise<number>
): Promise<void> {
  const { surroundings } = setting
  try {
    const principal = principalOf(options.principal ?? (surroundings.env.DEPUTY_PRINCIPAL || undefined))
    const opened = await openStore(options.store)
    const store = { ...opened, journal: journalOf(principal, opened.journal), principal }
    const output = outputOf(surroundings, options)
    setting.exit(await work({ ...setting, store, output }).finally(store.close))
  } catch (error) {
    setting.exit(refuse(error, { surroundings, json: options.json ?? false, store: options.store }))
  }
}
