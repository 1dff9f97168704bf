import type { QueryConfig } from 'pg'

/**
 * A statement that each connection parses and plans once. Only for one that looks for next to nothing: a plan that was made while a
 * table was small reads all of it, and stays until Postgres analyses the table again. It names the columns that it answers with, so
 * that it goes on where a newer Deputy adds one to its tables.
 */
export function prepared(name: string, text: string): (values: unknown[]) => QueryConfig {
  return (values) => ({ name, text, values })
}
