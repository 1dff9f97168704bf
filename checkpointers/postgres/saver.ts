import { PostgresSaver } from '@langchain/langgraph-checkpoint-postgres'
import { leaseLost } from '../lease-lost.ts'
import { isFenced } from './fence.ts'

/** The official saver; what the fence refuses is LEASE_LOST. */
export class FencedPostgresSaver extends PostgresSaver {
  override put(...put: Parameters<PostgresSaver['put']>) {
    return super.put(...put).catch((thrown) => refuse(put[0], thrown))
  }

  override putWrites(...put: Parameters<PostgresSaver['putWrites']>) {
    return super.putWrites(...put).catch((thrown) => refuse(put[0], thrown))
  }
}

function refuse({ configurable }: Parameters<PostgresSaver['put']>[0], thrown: unknown): never {
  throw isFenced(thrown) ? leaseLost(configurable?.thread_id, thrown) : thrown
}
