/** Where checkpoints and journal rows are kept. One url opens both. */
export { DEFAULT_STORE, openStore, storeUrl } from './open.ts'
export type { Store } from './store.ts'
