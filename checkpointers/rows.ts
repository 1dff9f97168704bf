// How records lie in a row of either database. Free text is kept as JSON, like values: a text column of Postgres takes no
// NUL, and UTF-8 no lone surrogate, while a tool's output and a person's words may hold both.
import { z } from 'zod'
import { AskRecord } from '../state/asks.ts'
import { ThreadRecord } from '../state/threads.ts'

/** JSON that keeps the key of an undefined value, as null: the schemas ask for the key. */
export function toJson(value: unknown): string {
  return JSON.stringify(value, (_key, member) => (member === undefined ? null : member))
}

const Json = z.string().transform((text): unknown => JSON.parse(text))
const Text = Json.pipe(z.string())

const ThreadRow = ThreadRecord.extend({ task: Text })
const AskRow = z.looseObject({ ask: Json, decision: Json.nullable(), by: Json.nullable() })
const OutputRow = z.object({ text: Text })

export function threadOf(row: unknown): ThreadRecord {
  return ThreadRow.parse(row)
}

export function askOf(row: unknown): AskRecord {
  return AskRecord.parse(AskRow.parse(row))
}

export function outputOf(row: unknown): string {
  return OutputRow.parse(row).text
}
