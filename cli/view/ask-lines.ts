import type { Ask } from '../../state/asks.ts'
import { wholeArgs } from './args-text.ts'
import { oneLine } from './printable.ts'
import { faint, plain, type Toned, warning } from './toned.ts'

/** All that a person has to know to decide; nothing is left out. */
export function askLines({ path, kind, tool, args, reason }: Ask): Toned[] {
  const wants = kind === 'permission' ? `asks to call ${oneLine(tool)}` : `asks for ${kind} (${oneLine(tool)})`
  return [
    warning(`? ${oneLine(path)} ${wants}`),
    ...wholeArgs(args).map((line) => plain(`    ${line}`)),
    ...(reason ? [faint(`  because: ${oneLine(reason)}`)] : [])
  ]
}
