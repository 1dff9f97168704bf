import type { RowWrite } from '../state/journal.ts'

type Row<Kind> = Omit<Extract<RowWrite, { kind: Kind }>, 'kind'>

/** How each kind of row is written in one database; tells whether it was new. */
export type Writes<Done, With extends readonly unknown[] = []> = {
  readonly [Kind in RowWrite['kind']]: (row: Row<Kind>, ...with_: With) => Done
}

/** The write of any row. */
export function writer<Done, With extends readonly unknown[]>(writes: Writes<Done, With>) {
  return (row: RowWrite, ...with_: With): Done =>
    (writes[row.kind] as (row: RowWrite, ...with_: With) => Done)(row, ...with_)
}
