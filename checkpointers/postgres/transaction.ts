import type { ClientBase } from 'pg'

/** Does the work in one transaction: all of it is kept, or none. */
export async function inTransaction<T>(client: ClientBase, work: () => Promise<T>): Promise<T> {
  await client.query('begin')
  try {
    const done = await work()
    await client.query('commit')
    return done
  } catch (thrown) {
    await client.query('rollback').catch(() => {}) // the connection may be what failed
    throw thrown
  }
}
