import { smallDatabase } from '../support/postgres.ts'
import type { WritingPlace } from './four-writers.ts'

/** As many as a server with `max_connections=20` leaves to those who are not its administrators. */
export const CONNECTIONS = 20 - 3
/** Long enough for a process that has to wait for a processor, and no longer. */
const FROZEN = '-c idle_in_transaction_session_timeout=5s'
const LOOK_MS = 100

/** A database to which few connections are possible; `most` tells how many there were at the same time. */
export async function crowdedPlace({ writersFreeze = false } = {}): Promise<WritingPlace & { most(): number }> {
  const { url, adminUrl, drop, connected } = await smallDatabase({ connections: CONNECTIONS })
  let most = 0
  const timer = setInterval(async () => {
    most = Math.max(most, await connected())
  }, LOOK_MS)
  return {
    url: writersFreeze ? `${url}?options=${encodeURIComponent(FROZEN)}` : url,
    onlooker: adminUrl,
    most: () => most,
    async remove() {
      clearInterval(timer)
      await drop()
    }
  }
}
