import { smallDatabase } from '../support/postgres.ts'
import type { WritingPlace } from './four-writers.ts'

/** As many as a server with `max_connections=20` leaves to those who are not its administrators. */
export const CONNECTIONS = 20 - 3
/** Shorter than the leases of writers that are in a hurry. */
const FROZEN = '-c idle_in_transaction_session_timeout=1s'
const LOOK_MS = 100

/** A database to which few connections are possible; `most` tells how many there were at the same time. */
export async function crowdedPlace(): Promise<WritingPlace & { most(): number }> {
  const { url, adminUrl, drop, connected } = await smallDatabase({ connections: CONNECTIONS })
  let most = 0
  const timer = setInterval(async () => {
    most = Math.max(most, await connected())
  }, LOOK_MS)
  return {
    url: `${url}?options=${encodeURIComponent(FROZEN)}`,
    onlooker: adminUrl,
    most: () => most,
    async remove() {
      clearInterval(timer)
      await drop()
    }
  }
}
