// What the database itself refuses, as functions and triggers that migrations make. A migration is never changed, so neither is what
// stands here: what is to be otherwise is made anew by another migration.
import { LEASE_LOST_STATE, THREAD_DELETED_STATE, treeLock } from './fence.ts'

/** The end of a function that knows `ours` and `root`: nothing is written on a tree whose lease another has. */
const refuseLate = (thread: string) => `perform pg_advisory_xact_lock_shared(${treeLock('root')});
    if exists (
      select from deputy_leases
      where root_thread_id = root and not starts_with(holder || '/', ours || '/')
    ) then
      raise exception 'another holder drives the tree of thread %', ${thread} using errcode = '${LEASE_LOST_STATE}';
    end if;
    return new;`

const FENCING = `
  create or replace trigger deputy_fence before insert or update on %s for each row execute function deputy_fence()
`
/** The official saver's, in the schema `public`, are fenced where they are: an older Deputy wrote to them. */
const FENCE_TABLES = `
  do $$
  declare
    fenced text;
  begin
    foreach fenced in array array['public.checkpoints', 'public.checkpoint_writes', 'public.checkpoint_blobs', 'deputy_events'] loop
      if to_regclass(fenced) is not null then
        execute format('${FENCING}', fenced);
      end if;
    end loop;
  end
  $$;
`
/** What a connection that names its holder writes on a thread while another has the lease of its tree is refused. */
export const FENCE = `
  create or replace function deputy_fence() returns trigger language plpgsql as $$
  declare
    ours text := nullif(current_setting('deputy.holder', true), '');
    root text;
  begin
    if ours is null then
      return new;
    end if;
    select root_thread_id into root from deputy_threads where thread_id = new.thread_id;
    if root is null then
      return new;
    end if;
    ${refuseLate('new.thread_id')}
  end
  $$;
  ${FENCE_TABLES}
`

const FENCED_LISTS = ['deputy_checkpoints', 'deputy_writes']
/** The same for the rows of lists, which do not name their thread. */
export const FENCE_LISTS = `
  create function deputy_fence_list() returns trigger language plpgsql as $$
  declare
    ours text := nullif(current_setting('deputy.holder', true), '');
    thread text;
    root text;
  begin
    if ours is null then
      return new;
    end if;
    select t.thread_id, t.root_thread_id into thread, root
    from deputy_lists l join deputy_threads t on t.thread_id = l.thread_id where l.id = new.list;
    if root is null then
      return new;
    end if;
    ${refuseLate('thread')}
  end
  $$;
  ${FENCED_LISTS.map((table) => `create trigger deputy_fence before insert or update on ${table} for each row execute function deputy_fence_list();`).join('\n  ')}
`

const OF_THREADS = [
  'deputy_threads',
  'deputy_asks',
  'deputy_letters',
  'deputy_leases',
  'deputy_grants',
  'deputy_caps',
  'deputy_labels',
  'deputy_outputs'
]
/**
 * No row comes to a thread that was deleted. At the events, of which there are many, the fence sees to it where it finds that the
 * thread is not there.
 */
export const REFUSE_DELETED = `
  create function deputy_expect_not_deleted(given jsonb) returns void language plpgsql as $$
  declare
    late text;
  begin
    select d.thread_id into late from deputy_deleted d
    where d.thread_id in (given->>'root_thread_id', given->>'thread_id')
      and not exists (select from deputy_threads t where t.thread_id = d.thread_id);
    if late is not null then
      raise exception 'thread % was deleted', late using errcode = '${THREAD_DELETED_STATE}';
    end if;
  end
  $$;
  create function deputy_stay_deleted() returns trigger language plpgsql as $$
  begin
    perform deputy_expect_not_deleted(to_jsonb(new));
    return new;
  end
  $$;
  ${OF_THREADS.map((table) => `create trigger deputy_stay_deleted before insert on ${table} for each row execute function deputy_stay_deleted();`).join('\n  ')}
  create or replace function deputy_fence() returns trigger language plpgsql as $$
  declare
    ours text := nullif(current_setting('deputy.holder', true), '');
    root text;
  begin
    if ours is null then
      return new;
    end if;
    select root_thread_id into root from deputy_threads where thread_id = new.thread_id;
    if root is null then
      if tg_table_name = 'deputy_events' then
        perform deputy_expect_not_deleted(to_jsonb(new));
      end if;
      return new;
    end if;
    ${refuseLate('new.thread_id')}
  end
  $$;
`
