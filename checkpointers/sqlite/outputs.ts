import type { Database } from 'better-sqlite3'
import type { Journal } from '../../state/journal.ts'
import type { RowReader } from '../row-reader.ts'
import { OUTPUTS, toJson } from '../rows.ts'

const PUT_OUTPUT = `
  insert into deputy_outputs (thread_id, tool_call_id, text) values (@threadId, @toolCallId, @text)
  on conflict (thread_id, tool_call_id) do update set text = excluded.text
`
const OUTPUT = `
  select thread_id as "threadId", tool_call_id as "toolCallId", text from deputy_outputs
  where thread_id = @threadId and tool_call_id = @toolCallId
`

export function outputRows(db: Database, read: RowReader) {
  const put = db.prepare(PUT_OUTPUT)
  const byKey = db.prepare(OUTPUT)

  return {
    async put(output) {
      put.run({ ...output, text: read.close(toJson(output.text), { of: OUTPUTS, row: output, column: 'text' }) })
    },
    get: async (key) => read.one(OUTPUTS, byKey.get(key))
  } satisfies Partial<Journal>
}
