import type { BaseCheckpointSaver } from '@langchain/langgraph-checkpoint'
import type { Journal } from '../state/journal.ts'

/** One open database: LangGraph's checkpoints and our own rows beside them. */
export interface Store {
  readonly saver: BaseCheckpointSaver
  readonly journal: Journal
  /** Where it is, fit to be shown: a password reads `***`. */
  readonly url: string
  /** Closes the connections; a second call changes nothing. */
  close(): Promise<void>
}
