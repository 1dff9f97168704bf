import { SqliteSaver } from '@langchain/langgraph-checkpoint-sqlite'
import type { Database } from 'better-sqlite3'
import { leaseLost } from '../lease-lost.ts'
import { isFenced } from './fence.ts'

/**
 * The official saver. It makes its tables when it is made, not at its first use, while errors still have a reader; and what
 * the fence refuses is LEASE_LOST.
 */
export class FencedSqliteSaver extends SqliteSaver {
  constructor(db: Database) {
    super(db)
    this.setup()
  }

  override put(...put: Parameters<SqliteSaver['put']>) {
    return super.put(...put).catch((thrown) => refuse(put[0], thrown))
  }

  override putWrites(...put: Parameters<SqliteSaver['putWrites']>) {
    return super.putWrites(...put).catch((thrown) => refuse(put[0], thrown))
  }
}

function refuse({ configurable }: Parameters<SqliteSaver['put']>[0], thrown: unknown): never {
  throw isFenced(thrown) ? leaseLost(configurable?.thread_id, thrown) : thrown
}
