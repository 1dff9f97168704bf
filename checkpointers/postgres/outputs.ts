import type { Pool } from 'pg'
import type { Journal } from '../../state/journal.ts'
import type { RowReader } from '../row-reader.ts'
import { OUTPUTS, toJson } from '../rows.ts'

const PUT_OUTPUT = `
  insert into deputy_outputs (thread_id, tool_call_id, text) values ($1, $2, $3)
  on conflict (thread_id, tool_call_id) do update set text = excluded.text
`
const OUTPUT = `
  select thread_id as "threadId", tool_call_id as "toolCallId", text from deputy_outputs
  where thread_id = $1 and tool_call_id = $2
`

export function outputRows(pool: Pool, read: RowReader) {
  return {
    async put(output) {
      const text = read.close(toJson(output.text), { of: OUTPUTS, row: output, column: 'text' })
      await pool.query(PUT_OUTPUT, [output.threadId, output.toolCallId, text])
    },
    async get({ threadId, toolCallId }) {
      const { rows } = await pool.query<object>(OUTPUT, [threadId, toolCallId])
      return read.one(OUTPUTS, rows[0])
    }
  } satisfies Partial<Journal>
}
