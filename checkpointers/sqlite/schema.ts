import type { Database } from 'better-sqlite3'
import { migrationsAfter } from '../schema-version.ts'
import { THREAD_DELETED_REFUSAL } from './fence.ts'

const CREATE_VERSION = 'create table if not exists deputy_schema (version integer not null)'
const SELECT_VERSION = 'select version from deputy_schema'
const DELETE_VERSION = 'delete from deputy_schema'
const INSERT_VERSION = 'insert into deputy_schema (version) values (?)'

/** Which threads a row of each table speaks of: none comes to one that was deleted. */
const OF_THREADS = {
  deputy_threads: ['root_thread_id', 'thread_id'],
  deputy_events: ['root_thread_id', 'thread_id'],
  deputy_asks: ['root_thread_id'],
  deputy_letters: ['root_thread_id'],
  deputy_leases: ['root_thread_id'],
  deputy_grants: ['root_thread_id'],
  deputy_caps: ['root_thread_id'],
  deputy_labels: ['root_thread_id'],
  deputy_outputs: ['thread_id']
}
const isDeleted = (column: string) => `(
    exists (select 1 from deputy_deleted where thread_id = new.${column})
    and not exists (select 1 from deputy_threads where thread_id = new.${column})
  )`
const REFUSE_DELETED = Object.entries(OF_THREADS).map(
  ([table, columns]) => `
  create trigger ${table}_stay_deleted before insert on ${table}
  when ${columns.map(isDeleted).join(' or ')}
  begin
    select raise(abort, '${THREAD_DELETED_REFUSAL}');
  end;`
)

/** Each brings a database from the version that is its place in the list to the next. Never change one, add another. */
export const MIGRATIONS = [
  `
  create table deputy_threads (
    seq integer primary key autoincrement,
    thread_id text not null unique,
    root_thread_id text not null,
    parent_thread_id text,
    task_id text,
    agent text not null,
    path text not null,
    task text not null,
    workspace text,
    status text not null,
    created_at integer not null,
    updated_at integer not null
  );
  create index deputy_threads_by_root on deputy_threads (root_thread_id, created_at, seq);
  create index deputy_roots on deputy_threads (updated_at, seq) where parent_thread_id is null;

  create table deputy_asks (
    seq integer primary key autoincrement,
    id text not null unique,
    root_thread_id text not null,
    thread_id text not null,
    status text not null,
    ask text not null,
    opened_at integer not null,
    decision text,
    decided_by text,
    decided_at integer
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
  `,
  `
  create table deputy_leases (
    root_thread_id text not null primary key,
    holder text not null,
    token integer not null,
    expires_at integer not null
  );

  create table deputy_calls (
    seq integer primary key autoincrement,
    root_thread_id text not null,
    thread_id text not null,
    tool_call_id text not null,
    tool text not null,
    effect text not null,
    args_hash text not null,
    status text not null,
    started_at integer not null,
    result text,
    finished_at integer,
    unique (thread_id, tool_call_id)
  );
  create index deputy_started_calls on deputy_calls (started_at, seq) where status = 'started';
  create index deputy_started_calls_by_root on deputy_calls (root_thread_id, started_at, seq) where status = 'started';

  create table deputy_letters (
    seq integer primary key autoincrement,
    id text not null unique,
    root_thread_id text not null,
    thread_id text not null,
    kind text not null,
    text text not null,
    sent_at integer not null,
    status text not null
  );
  create index deputy_waiting_letters on deputy_letters (root_thread_id, seq) where status = 'waiting';

  create table deputy_events (
    root_thread_id text not null,
    seq integer not null,
    thread_id text not null,
    event text not null,
    primary key (root_thread_id, seq)
  );
  `,
  `
  alter table deputy_asks add column told integer;
  alter table deputy_calls add column failures integer not null default 0;

  create table deputy_caps (
    root_thread_id text not null,
    kind text not null,
    cap real not null,
    primary key (root_thread_id, kind)
  );

  drop index deputy_waiting_letters;
  create index deputy_untaken_letters on deputy_letters (root_thread_id, seq) where status <> 'taken';

  create table deputy_usage (
    root_thread_id text not null,
    thread_id text not null,
    input integer not null,
    output integer not null,
    cached integer not null,
    reasoning integer not null,
    calls integer not null,
    worked_ms integer not null,
    turn_ms integer not null,
    primary key (root_thread_id, thread_id)
  );
  `,
  `
  create table deputy_grants (
    seq integer primary key autoincrement,
    id text not null unique,
    root_thread_id text not null,
    thread_id text not null,
    path text not null,
    tool text not null,
    args_hash text not null,
    scope text not null,
    turn text not null,
    granted_at integer not null,
    expires_at integer,
    revoked_at integer
  );
  create index deputy_grants_by_thread on deputy_grants (thread_id, granted_at, seq) where revoked_at is null;
  create index deputy_grants_by_root on deputy_grants (root_thread_id, granted_at, seq);
  `,
  `
  alter table deputy_threads add column principal text;
  drop index deputy_roots;
  create index deputy_roots on deputy_threads (principal, updated_at, seq) where parent_thread_id is null;
  `,
  `
  alter table deputy_events add column thread_seq integer not null default 0;
  alter table deputy_events add column ask_id text;
  update deputy_events set thread_seq = placed.place
  from (
    select rowid as id, row_number() over (partition by root_thread_id, thread_id order by seq) as place
    from deputy_events
  ) placed
  where deputy_events.rowid = placed.id;
  update deputy_events set ask_id = asked.id
  from deputy_asks asked
  where asked.status = 'open' and asked.root_thread_id = deputy_events.root_thread_id
    and asked.thread_id = deputy_events.thread_id and instr(event, '"type":"ask.opened"') > 0
    and instr(event, '"id":"' || asked.id || '"') > 0;
  create index deputy_events_by_thread on deputy_events (root_thread_id, thread_id, thread_seq);

  create table deputy_pruned (
    root_thread_id text not null,
    thread_id text not null,
    seq integer not null,
    thread_seq integer not null,
    primary key (root_thread_id, thread_id)
  );

  alter table deputy_calls add column outcome_unknown integer not null default 0;
  update deputy_calls set outcome_unknown = 1 where instr(result, '"error":{"code":"OUTCOME_UNKNOWN"') > 0;
  create index deputy_unknown_calls on deputy_calls (root_thread_id, started_at, seq) where outcome_unknown = 1;
  `,
  `
  alter table deputy_threads add column background integer not null default 0;
  `,
  `
  create table deputy_marks (
    place integer primary key,
    root_thread_id text not null,
    thread_id text not null,
    checkpoint_id text not null,
    parent_checkpoint_id text,
    agent text not null,
    path text not null,
    step integer not null,
    source text not null,
    nodes text not null,
    next text not null,
    messages integer not null,
    last text not null,
    at integer not null,
    unique (thread_id, checkpoint_id)
  );
  create index deputy_marks_by_root on deputy_marks (root_thread_id, place);
  create index deputy_marks_by_thread on deputy_marks (thread_id, place);

  create table deputy_labels (
    seq integer primary key autoincrement,
    root_thread_id text not null,
    name text not null,
    thread_id text not null,
    checkpoint_id text not null,
    labelled_at integer not null,
    unique (root_thread_id, name)
  );

  create table deputy_branches (
    seq integer primary key autoincrement,
    root_thread_id text not null unique,
    from_root_thread_id text not null,
    from_thread_id text not null,
    from_checkpoint_id text not null,
    replaces text,
    branched_at integer not null
  );
  create index deputy_branches_by_origin on deputy_branches (from_root_thread_id, seq);
  create index deputy_branches_by_place on deputy_branches (replaces, seq) where replaces is not null;

  create table deputy_repeats (
    root_thread_id text not null,
    thread_id text not null,
    tool_call_id text not null,
    path text not null,
    tool text not null,
    effect text not null,
    args_hash text not null,
    started_at integer not null,
    accepted integer not null,
    primary key (root_thread_id, thread_id, tool_call_id)
  );
  create index deputy_effects_by_root on deputy_calls (root_thread_id, started_at, seq) where effect <> 'read';
  `,
  // What the bodies say, and the numbers of elements, is in checkpointers/sharing. An id of a list is never used again.
  `
  create table deputy_lists (
    id integer primary key autoincrement,
    thread_id text not null,
    checkpoint_ns text not null,
    epoch integer not null default 0,
    unique (thread_id, checkpoint_ns)
  );

  create table deputy_elements (
    id integer primary key,
    body blob
  );

  create table deputy_checkpoints (
    list integer not null,
    checkpoint_id blob not null,
    parent_id blob,
    body blob,
    primary key (list, checkpoint_id)
  ) without rowid;

  create table deputy_writes (
    list integer not null,
    checkpoint_id blob not null,
    task_id blob not null,
    idx integer not null,
    channel text not null,
    body blob,
    primary key (list, checkpoint_id, task_id, idx)
  ) without rowid;
  `,
  `
  create table deputy_deleted (
    thread_id text not null primary key
  );
  create index deputy_asks_of_root on deputy_asks (root_thread_id);
  create index deputy_letters_of_root on deputy_letters (root_thread_id);
  create index deputy_calls_of_root on deputy_calls (root_thread_id);
${REFUSE_DELETED.join('\n')}
  `,
  // Whose text a parent had read when it handed over the task.
  `
  alter table deputy_threads add column untrusted text;
  `,
  // What is said in advance of a tree, with its root.
  `
  alter table deputy_threads add column policy text;
  `
]

/**
 * Brings our tables up to date. To be called in a transaction that holds the write lock.
 * @throws RuntimeError BAD_STORE where a newer Deputy has been here
 */
export function migrate(db: Database, { url }: { url: string }): void {
  db.exec(CREATE_VERSION)
  const row = db.prepare<[], { version: number }>(SELECT_VERSION).get()
  const missing = migrationsAfter(row?.version, { migrations: MIGRATIONS, url })
  if (missing.length === 0) return
  for (const migration of missing) db.exec(migration)
  db.exec(DELETE_VERSION)
  db.prepare(INSERT_VERSION).run(MIGRATIONS.length)
}
