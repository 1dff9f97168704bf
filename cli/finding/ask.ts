import type { AskRecord } from '../../state/asks.ts'
import type { Journal } from '../../state/journal.ts'
import { idFrom } from './prefix.ts'

/**
 * The ask with the id `given`, whatever became of it, or the only open one whose id begins with it.
 * @throws RuntimeError UNKNOWN_ASK, BAD_ARGUMENTS
 */
export async function findAsk(given: string, journal: Journal): Promise<AskRecord> {
  const exact = await journal.ask(given)
  if (exact) return exact
  const open = new Map((await journal.openAsks()).map((record) => [record.ask.id, record]))
  return open.get(idFrom(given, { ids: [...open.keys()], noun: 'open ask', unknown: 'UNKNOWN_ASK' }))!
}
