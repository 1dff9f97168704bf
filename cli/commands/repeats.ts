import type { Repeat } from '../../state/branches.ts'
import type { Output } from '../output.ts'
import { oneLine } from '../view/printable.ts'

/** Says beside the result what a new branch would do again. */
export function sayRepeats(repeats: readonly Repeat[], output: Output): void {
  const left = repeats.filter(({ accepted }) => !accepted)
  if (left.length === 0) return
  output.aside('done already on the branch that was left; each asks before it is done again:')
  for (const { path, tool, toolCallId } of left) output.aside(oneLine(`  ${path}  ${tool}  ${toolCallId}`))
}
