/** Ways in which somebody changes a checkpoint behind our back, as SQL, by what the change is and the part it is named by. */
export interface Tampering {
  readonly what: string
  readonly names: string
  sql(checkpointId: string): string
}

interface Dialect {
  /** Bytes, written in hex. */
  bytes(hex: string): string
  /** All bytes of a column but the last. */
  cut(column: string): string
}

const SQLITE: Dialect = {
  bytes: (hex) => `x'${hex}'`,
  cut: (column) => `substr(${column}, 1, length(${column}) - 1)`
}
const POSTGRES: Dialect = {
  bytes: (hex) => `'\\x${hex}'::bytea`,
  cut: (column) => `substr(${column}, 1, length(${column}) - 1)`
}

/** The elements of a list lie at 2^24 times its number, the members of its lists in the second half. */
const ROOM = 2 ** 24
/** As a number that can be multiplied. */
const listOf = (threadId: string) => `(select cast(id as bigint) from deputy_lists where thread_id = '${threadId}')`

function ways({ bytes, cut }: Dialect): readonly Tampering[] {
  const at = (id: string) => `checkpoint_id = ${bytes(`01${id.replaceAll('-', '')}`)}`
  const own = (change: string) => (id: string) => `update deputy_checkpoints set ${change} where ${at(id)}`
  const write = (change: string) => (id: string) => `update deputy_writes set ${change} where ${at(id)}`
  /** The second long text of the thread, which the second checkpoint alone has. */
  const element = (change: string) => () =>
    `update deputy_elements set ${change} where id = ${listOf('t')} * ${ROOM} + 2`
  return [
    { what: 'its end', names: 'does not match', sql: own(`body = ${cut('body')}`) },
    { what: 'itself, to none', names: 'it is no bytes', sql: own('body = null') },
    { what: 'itself, to nothing', names: 'does not match', sql: own(`body = ${bytes('')}`) },
    {
      what: 'itself, to that of another thread',
      names: 'does not match',
      sql: own(`body = (select body from deputy_checkpoints where list = ${listOf('other')})`)
    },
    {
      what: 'itself, to that of another of the thread',
      names: 'does not match',
      sql: own(
        `body = (select body from deputy_checkpoints where list = ${listOf('t')} order by checkpoint_id limit 1)`
      )
    },
    { what: 'its parent', names: 'does not match', sql: own('parent_id = null') },
    { what: 'its parent, to no id', names: 'does not match', sql: own(`parent_id = ${bytes('07')}`) },
    { what: 'a pending write', names: 'deputy_writes "task" 0: .*does not match', sql: write(`body = ${cut('body')}`) },
    { what: 'a pending write, to none', names: 'deputy_writes "task" 0: .*no bytes', sql: write('body = null') },
    {
      what: 'the channel of a pending write',
      names: 'deputy_writes "task" 0: .*does not match',
      sql: write("channel = 'other'")
    },
    {
      what: 'what it shares',
      names: 'deputy_elements part 2: .*does not match',
      sql: element(`body = ${cut('body')}`)
    },
    {
      what: 'what it shares, to something else that is shared',
      names: 'deputy_elements part 2: .*does not match',
      sql: element(`body = (select body from deputy_elements where id = ${listOf('t')} * ${ROOM} + 1)`)
    },
    {
      what: 'what it shares, to nothing',
      names: 'deputy_elements part 2: it is gone',
      sql: () => `delete from deputy_elements where id = ${listOf('t')} * ${ROOM} + 2`
    }
  ]
}

export const TAMPERING = { SQLite: ways(SQLITE), Postgres: ways(POSTGRES) }
