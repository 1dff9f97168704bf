import type { ClientBase } from 'pg'
import { migrationsAfter } from '../schema-version.ts'

const CREATE_VERSION = 'create table if not exists deputy_schema (version integer not null)'
const SELECT_VERSION = 'select version from deputy_schema'
const DELETE_VERSION = 'delete from deputy_schema'
const INSERT_VERSION = 'insert into deputy_schema (version) values ($1)'

/** Each brings a database from the version that is its place in the list to the next. Never change one, add another. */
const MIGRATIONS = [
  `
  create table deputy_threads (
    seq bigint generated always as identity primary key,
    thread_id text not null unique,
    root_thread_id text not null,
    parent_thread_id text,
    task_id text,
    agent text not null,
    path text not null,
    task text not null,
    workspace text,
    status text not null,
    created_at double precision not null,
    updated_at double precision not null
  );
  create index deputy_threads_by_root on deputy_threads (root_thread_id, created_at, seq);
  create index deputy_roots on deputy_threads (updated_at, seq) where parent_thread_id is null;

  create table deputy_asks (
    seq bigint generated always as identity primary key,
    id text not null unique,
    root_thread_id text not null,
    thread_id text not null,
    status text not null,
    ask text not null,
    opened_at double precision not null,
    decision text,
    decided_by text,
    decided_at double precision
  );
  create index deputy_open_asks on deputy_asks (opened_at, seq) where status = 'open';
  create index deputy_open_asks_by_root on deputy_asks (root_thread_id, opened_at, seq) where status = 'open';
  create index deputy_open_asks_by_thread on deputy_asks (thread_id) where status = 'open';

  create table deputy_outputs (
    thread_id text not null,
    tool_call_id text not null,
    text text not null,
    primary key (thread_id, tool_call_id)
  );
  `
]

/**
 * Brings our tables up to date. To be called in a transaction that holds the setup lock.
 * @throws RuntimeError BAD_STORE where a newer Deputy has been here
 */
export async function migrate(client: ClientBase, { url }: { url: string }): Promise<void> {
  await client.query(CREATE_VERSION)
  const { rows } = await client.query<{ version: number }>(SELECT_VERSION)
  const missing = migrationsAfter(rows[0]?.version, { migrations: MIGRATIONS, url })
  if (missing.length === 0) return
  for (const migration of missing) await client.query(migration)
  await client.query(DELETE_VERSION)
  await client.query(INSERT_VERSION, [MIGRATIONS.length])
}
