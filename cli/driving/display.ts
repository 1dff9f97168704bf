import type { Ask } from '../../state/asks.ts'
import type { Decision } from '../../state/decisions.ts'
import type { AgentEvent } from '../../state/events.ts'

/** How a run is shown while it goes on. */
export interface Display {
  take(event: AgentEvent): void
  /** An ask got its decision at this terminal. */
  decided(ask: Ask, decision: Decision): void
  /** Nothing more comes; what is shown stays. A second call changes nothing. */
  end(): void
}
