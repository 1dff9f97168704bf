import type { ClientBase } from 'pg'
import type { Connection } from './connection.ts'

/** What a transaction comes to that is taken back. */
export async function undone<T>(on: Connection, work: (client: ClientBase) => Promise<T>): Promise<T> {
  let result: { readonly of: T } | undefined
  try {
    await on.transaction(async (client) => {
      result = { of: await work(client) }
      throw TAKEN_BACK
    })
  } catch (thrown) {
    if (thrown !== TAKEN_BACK) throw thrown
  }
  return result!.of
}

const TAKEN_BACK = new Error('it was only looked at')
