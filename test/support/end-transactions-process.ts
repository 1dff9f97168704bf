// A process that ends, as a server does that runs out of patience, each connection to a database which is in a transaction and
// has nothing to do, and waits until they are gone. node --import tsx end-transactions-process.ts URL
import pg from 'pg'

const END = `
  select pg_terminate_backend(pid, 30000) from pg_stat_activity
  where datname = current_database() and state = 'idle in transaction'
`

const client = new pg.Client({ connectionString: process.argv[2] })
await client.connect()
const { rowCount } = await client.query(END)
await client.end()
console.log(rowCount)
