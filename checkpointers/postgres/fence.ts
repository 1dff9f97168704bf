/** The SQLSTATE with which the triggers of the migration refuse a write; one that no other program uses. */
export const LEASE_LOST_STATE = 'DEP01'

/** And that with which they refuse a row of a thread that was deleted. */
export const THREAD_DELETED_STATE = 'DEP02'

// Any number would do, as long as no other program locks pairs that begin with it in this database.
const TREE_LOCKS = 0x64_65_70_75

/**
 * The arguments of an advisory lock on a tree, as SQL. Whoever writes on the tree shares it until the write is committed,
 * whoever takes the lease has it alone: no lease changes hands between the check of a write and its commit. Locking the
 * lease's row would do as well, but there a stream of writers can keep its holder from renewing it.
 */
export const treeLock = (rootThreadId: string) => `${TREE_LOCKS}, hashtext(${rootThreadId})`

/** Finds a row where another than the one that the connection names had the lease of a tree last. */
export const LATE = `
  select from deputy_leases
  where root_thread_id = $1 and not starts_with(holder || '/', current_setting('deputy.holder') || '/')
`

/** Finds a tree that was deleted. */
export const DELETED = `
  select from deputy_deleted
  where thread_id = $1 and not exists (select from deputy_threads where thread_id = $1)
`

const URL_OPTIONS = /([?&]options=)[^&#]*/

/**
 * Shorter than the usual lease: a process that is frozen in the middle of a transaction has lost it, with its locks, by the
 * time that others take its trees over. Otherwise they would wait for it, and with them all that waits for their connections.
 */
const FROZEN = '-c idle_in_transaction_session_timeout=10s'

/**
 * Connection settings that name the holder as each connection starts, at no round trip; it is `deputy.holder` that the
 * triggers read. Options that the url or the environment asks for stay, and win.
 */
export function startingAs(holder: string, connectionString: string) {
  const inUrl = new URLSearchParams(URL_OPTIONS.exec(connectionString)?.[0].slice(1)).get('options')
  const given = inUrl || process.env.PGOPTIONS
  const options = [FROZEN, given, `-c deputy.holder=${holder}`].filter(Boolean).join(' ')
  // Where the url has options they win over those beside it.
  const url = connectionString.replace(URL_OPTIONS, (_, name) => name + encodeURIComponent(options))
  return { connectionString: url, options }
}

export function isFenced(thrown: unknown): boolean {
  return hasCode(thrown, LEASE_LOST_STATE)
}

export function isRefusedAsDeleted(thrown: unknown): boolean {
  return hasCode(thrown, THREAD_DELETED_STATE)
}

export function hasCode(thrown: unknown, code: string): boolean {
  return thrown instanceof Error && (thrown as { code?: unknown }).code === code
}
