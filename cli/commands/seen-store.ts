import type { Store } from '../../checkpointers/store.ts'
import type { Principal } from '../../state/threads.ts'

/** A store as one principal sees it: its journal shows the rows of no other. */
export interface SeenStore extends Store {
  readonly principal: Principal
}
