// P1. A process takes few connections, so that several fit on one server.
// P2. Who finds none free waits: in the pool until one is, at the server for a while.
// P3. A connection that breaks is heard of by the query that uses it. It ends no process.
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { RuntimeError } from '../../state/errors.ts'
import { withoutPassword } from '../password.ts'
import { hasCode } from './fence.ts'

/** Four processes, and somebody who looks on, fit on a server that lets 20 in and keeps 3 places for its administrators. */
const CONNECTIONS = 4
/** With one, who reads would wait for the end of every transaction. */
const FEWEST = 2

const CONNECT_MS = 5000
const FULL = '53300'
const PATIENCE_MS = 30_000
const RETRY_MS = 100

type Connected = Parameters<pg.Pool['connect']>[0]

export class PatientPool extends pg.Pool {
  constructor(config: { connectionString: string; options: string; max: number }) {
    super({ ...config, Client: ClientInTime })
    this.on('error', () => {})
    this.on('connect', (client) => void client.on('error', () => {}))
  }

  override connect(): Promise<pg.PoolClient>
  override connect(callback: Connected): void
  override connect(callback?: Connected) {
    const connecting = patiently(() => super.connect())
    if (!callback) return connecting
    connecting.then(
      (client) => callback(undefined, client, client.release),
      (error) => callback(error, undefined, () => {})
    )
    return undefined
  }
}

/** The pool would let its own time limit run while one waits for a connection to become free as well. */
class ClientInTime extends pg.Client {
  constructor(config?: pg.ClientConfig) {
    super({ ...config, connectionTimeoutMillis: CONNECT_MS })
  }
}

/** Tries again where the server has no connection left, for as long as anybody may give one back. */
async function patiently<T>(connect: () => Promise<T>): Promise<T> {
  for (let waitedMs = 0; ; waitedMs += RETRY_MS) {
    try {
      return await connect()
    } catch (thrown) {
      if (!hasCode(thrown, FULL) || waitedMs >= PATIENCE_MS) throw thrown
      await sleep(RETRY_MS)
    }
  }
}

/**
 * How many connections a process may have at most: `?max=` of the url, or the usual number.
 * @throws RuntimeError BAD_STORE
 */
export function connectionsOf(connectionString: string): number {
  const given = /[?&]max=(?<max>[^&#]*)/.exec(connectionString)?.groups?.max
  if (given === undefined) return CONNECTIONS
  if (/^\d+$/.test(given) && Number(given) >= FEWEST) return Number(given)
  throw new RuntimeError(
    'BAD_STORE',
    `${withoutPassword(connectionString)} asks for ${given || 'no'} connections: max is a whole number from ${FEWEST} on`
  )
}
