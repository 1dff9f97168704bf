import Database from 'better-sqlite3'

/** Which thread a row of each table belongs to, as SQL. */
const FENCED = {
  deputy_checkpoints: '(select thread_id from main.deputy_lists where id = new.list)',
  deputy_writes: '(select thread_id from main.deputy_lists where id = new.list)',
  deputy_events: 'new.thread_id'
}
const REFUSAL = 'LEASE_LOST'
/** With which the triggers of the migration refuse a row of a thread that was deleted. */
export const THREAD_DELETED_REFUSAL = 'THREAD_DELETED'

/**
 * From now on this connection refuses what it would write on a thread where another holder had the lease of its tree last,
 * also one that has given it back since.
 * The triggers are temporary: they end with the connection, and no other one has them. A write and its check are one
 * statement, and SQLite has one writer at a time, so nobody takes the lease over in between.
 */
export function fence(db: Database.Database, { holder }: { holder: string }): void {
  for (const [table, threadId] of Object.entries(FENCED))
    for (const event of ['insert', 'update'])
      db.exec(`
        create temp trigger deputy_fence_${event}_${table} before ${event} on main.${table}
        when exists (
          select 1 from main.deputy_threads t join main.deputy_leases l on l.root_thread_id = t.root_thread_id
          where t.thread_id = ${threadId} and l.holder || '/' not glob '${holder}/*'
        )
        begin
          select raise(abort, '${REFUSAL}');
        end
      `)
}

/** Finds a row where another than `@holder` had the lease of a tree last. */
export const LATE = `
  select 1 from deputy_leases where root_thread_id = @rootThreadId and holder || '/' not glob @holder || '/*'
`

export function isFenced(thrown: unknown): boolean {
  return hasCode(thrown, 'SQLITE_CONSTRAINT_TRIGGER') && (thrown as Error).message === REFUSAL
}

/** Finds a tree that was deleted. */
export const DELETED = `
  select 1 from deputy_deleted where thread_id = @rootThreadId
    and not exists (select 1 from deputy_threads where thread_id = @rootThreadId)
`

export function isRefusedAsDeleted(thrown: unknown): boolean {
  return hasCode(thrown, 'SQLITE_CONSTRAINT_TRIGGER') && (thrown as Error).message === THREAD_DELETED_REFUSAL
}

export function hasCode(thrown: unknown, code: string): boolean {
  return thrown instanceof Database.SqliteError && thrown.code === code
}
