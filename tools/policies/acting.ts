// A1. What a stranger's text may lead to is judged by what is done: a file is changed, a command does more than look, something
//     leaves the machine. Looking is not held up.
// A2. Of a command only a program that is known to look is taken for one that does. In doubt it acts; the price is a question.
import type { PolicedCall, Resource } from './resources.ts'
import { LOOKING, LOOKING_SUBCOMMANDS } from './shell/programs.ts'
import type { SimpleCommand } from './shell/simple-command.ts'

/** Whether a thing that a call touches is changed by it, or anything is sent. */
export function acts(resource: Resource, { acts: isActing = true }: PolicedCall): boolean {
  if (!isActing) return false
  switch (resource.kind) {
    case 'call':
      return true
    case 'command':
      return !onlyLooks(resource.command)
    case 'file':
      return resource.access === 'write'
    // Who names or starts it is judged by itself.
    case 'mention':
    case 'suspect':
      return false
  }
}

/** By its bare name: what lies at a path of that name may be anything. */
function onlyLooks({ words, opaque }: SimpleCommand): boolean {
  const [program, first] = words
  if (opaque || !program?.fixed) return false
  if (LOOKING.has(program.value)) return true
  const subcommands = LOOKING_SUBCOMMANDS[program.value]
  return subcommands !== undefined && first?.fixed === true && subcommands.has(first.value)
}
