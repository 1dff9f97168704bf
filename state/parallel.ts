import { ReducedValue, type StateSchema, type StateSchemaFields } from '@langchain/langgraph'
import { RuntimeError } from './errors.ts'

/** The fields of a schema that have a reducer: all that parallel tasks may write. */
export type ReducedFields<Fields> = {
  [Key in keyof Fields]: Fields[Key] extends ReducedValue<infer _Value, infer _Input> ? Key : never
}[keyof Fields]

/** Whatever several tasks of one step may run at once, with the fields of state that it writes. */
export interface ParallelWriter {
  readonly writes: readonly string[]
}

/**
 * Refuses a graph in which parallel tasks of `node` would overwrite each other.
 * @throws RuntimeError UNREDUCED_FIELD naming the field
 */
export function requireReducers<Fields extends StateSchemaFields>(
  schema: StateSchema<Fields>,
  { node, writes }: { node: string; writes: readonly string[] }
): void {
  for (const field of writes) {
    const found = schema.fields[field]
    if (found === undefined)
      throw new RuntimeError('UNREDUCED_FIELD', `"${node}" writes the field "${field}", which the state does not have`)
    if (!ReducedValue.isInstance(found))
      throw new RuntimeError(
        'UNREDUCED_FIELD',
        `parallel tasks of "${node}" may write the field "${field}": give it a reducer (new ReducedValue(schema, { reducer }))`
      )
  }
}
