/** Ways in which somebody changes a checkpoint behind our back, as SQL, by what the change is and the part it is named by. */
export interface Tampering {
  readonly what: string
  readonly names: string
  sql(at: { checkpointId: string; value: string }): string
}

const inSqlite = (column: string) => `update checkpoints set ${column} = cast(replace(cast(${column} as text)`

const SQLITE: readonly Tampering[] = [
  {
    what: 'its state',
    names: 'does not match',
    sql: ({ checkpointId, value }) =>
      `${inSqlite('checkpoint')}, '"${value}"', '"forged"') as blob) where checkpoint_id = '${checkpointId}'`
  },
  {
    what: 'its metadata',
    names: 'metadata: .*does not match',
    sql: ({ checkpointId }) =>
      `${inSqlite('metadata')}, 'loop', 'fork') as blob) where checkpoint_id = '${checkpointId}'`
  },
  {
    what: 'a pending write',
    names: 'writes "task" 0: .*does not match',
    sql: ({ checkpointId }) =>
      `update writes set value = cast(replace(cast(value as text), 'kept', 'forged') as blob) where checkpoint_id = '${checkpointId}'`
  },
  {
    what: 'the channel of a pending write',
    names: 'writes "task" 0: .*does not match',
    sql: ({ checkpointId }) => `update writes set channel = 'other' where checkpoint_id = '${checkpointId}'`
  },
  {
    what: 'its state, to none',
    names: 'neither bytes nor text',
    sql: ({ checkpointId }) => `update checkpoints set checkpoint = null where checkpoint_id = '${checkpointId}'`
  },
  {
    what: 'its state, to that of another',
    names: 'does not match',
    sql: ({ checkpointId }) =>
      `update checkpoints set checkpoint = (select checkpoint from checkpoints where thread_id = 'other') where checkpoint_id = '${checkpointId}'`
  },
  {
    what: 'its state, to no JSON',
    names: 'JSON',
    sql: ({ checkpointId }) =>
      `update checkpoints set checkpoint = '{', type = 'json' where checkpoint_id = '${checkpointId}'`
  },
  {
    what: 'its state, to no checkpoint',
    names: 'channel_values',
    sql: ({ checkpointId }) =>
      `update checkpoints set checkpoint = '{}', type = 'json' where checkpoint_id = '${checkpointId}'`
  }
]

const own = (checkpointId: string, value: string) =>
  `update checkpoints set checkpoint = ${value} where checkpoint_id = '${checkpointId}'`
const blob = (value: string, change: string) => `update checkpoint_blobs set ${change} where version = '1.${value}'`
const replaced = (what: string, by: string) =>
  `convert_to(replace(convert_from(blob, 'UTF8'), '${what}', '${by}'), 'UTF8')`

const POSTGRES: readonly Tampering[] = [
  {
    what: 'its state',
    names: 'checkpoint_blobs "text" "1.*does not match',
    sql: ({ value }) => blob(value, `blob = ${replaced(`"${value}"`, '"forged"')}`)
  },
  {
    what: 'its metadata',
    names: 'metadata: .*does not match',
    sql: ({ checkpointId }) =>
      `update checkpoints set metadata = replace(metadata::text, 'loop', 'fork')::jsonb where checkpoint_id = '${checkpointId}'`
  },
  {
    what: 'a pending write',
    names: 'checkpoint_writes "task" 0: .*does not match',
    sql: ({ checkpointId }) =>
      `update checkpoint_writes set blob = ${replaced('kept', 'forged')} where checkpoint_id = '${checkpointId}'`
  },
  {
    what: 'the channel of a pending write',
    names: 'checkpoint_writes "task" 0: .*does not match',
    sql: ({ checkpointId }) => `update checkpoint_writes set channel = 'other' where checkpoint_id = '${checkpointId}'`
  },
  {
    what: 'its state, to none',
    names: 'checkpoint_blobs "text" .*it is gone',
    sql: ({ value }) => `delete from checkpoint_blobs where version = '1.${value}'`
  },
  {
    what: 'its state, to a channel that is empty',
    names: 'checkpoint_blobs "text" .*it is gone',
    sql: ({ value }) => blob(value, "type = 'empty'")
  },
  {
    what: 'its state, to that of another version',
    names: 'checkpoint_blobs "text" .*it is gone',
    sql: ({ checkpointId }) =>
      own(checkpointId, 'jsonb_set(checkpoint, \'{channel_versions}\', \'{"text": "1.first"}\')')
  },
  { what: 'itself, to no object', names: 'object', sql: ({ checkpointId }) => own(checkpointId, "'7'") },
  {
    what: 'itself, to no checkpoint',
    names: 'expected',
    sql: ({ checkpointId }) => own(checkpointId, `'{"v": [], "channel_versions": 7}'`)
  },
  {
    what: 'itself, to that of another',
    names: 'does not match',
    sql: ({ checkpointId }) => own(checkpointId, "(select checkpoint from checkpoints where thread_id = 'other')")
  }
]

const PARENT: Tampering = {
  what: 'its parent',
  names: 'does not match',
  sql: ({ checkpointId }) =>
    `update checkpoints set parent_checkpoint_id = null where checkpoint_id = '${checkpointId}'`
}

export const TAMPERING = { SQLite: [...SQLITE, PARENT], Postgres: [...POSTGRES, PARENT] }
