import type { BaseCheckpointSaver } from '@langchain/langgraph-checkpoint'
import { PostgresSaver } from '@langchain/langgraph-checkpoint-postgres'
import { SqliteSaver } from '@langchain/langgraph-checkpoint-sqlite'

/** The official saver on a store's database. */
export async function officialSaver(url: string): Promise<{ saver: BaseCheckpointSaver; close(): Promise<void> }> {
  if (url.startsWith('sqlite:')) {
    const saver = SqliteSaver.fromConnString(url.slice('sqlite:'.length))
    return { saver, close: async () => void saver.db.close() }
  }
  const saver = PostgresSaver.fromConnString(url)
  await saver.setup()
  return { saver, close: () => saver.end() }
}
