import Database from 'better-sqlite3'
import pg from 'pg'

const BYTES = ['deputy_elements', 'deputy_checkpoints', 'deputy_writes']
  .map((table) => `(select coalesce(sum(length(body)), 0) from ${table})`)
  .join(' + ')

/** How many bytes all checkpoints of a store have as their bodies. */
export async function bytesStored(url: string): Promise<number> {
  if (url.startsWith('sqlite:')) {
    const db = new Database(url.slice('sqlite:'.length), { readonly: true })
    const bytes = db.prepare<[], number>(`select ${BYTES}`).pluck().get()!
    db.close()
    return bytes
  }
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  const { rows } = await client.query<{ bytes: string }>(`select ${BYTES} as bytes`)
  await client.end()
  return Number(rows[0]!.bytes)
}
