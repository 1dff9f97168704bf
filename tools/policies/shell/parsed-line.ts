import { commandLine } from './command-line.ts'
import type { CommandLine } from './simple-command.ts'

const KEPT_LINES = 256
/** Longer ones come once. */
const KEPT_LENGTH = 4096

const kept = new Map<string, CommandLine>()

/** `commandLine`, which several agents are asked about for each call; the last ones are kept. */
export function parsedLine(text: string): CommandLine {
  const known = kept.get(text)
  if (known) {
    kept.delete(text)
    kept.set(text, known)
    return known
  }
  const line = commandLine(text)
  if (text.length > KEPT_LENGTH) return line
  if (kept.size >= KEPT_LINES) kept.delete(kept.keys().next().value!)
  kept.set(text, line)
  return line
}
