import { existsSync } from 'node:fs'
import type { Argv } from '../../state/sandbox.ts'

/** A command line, as the shell of this machine is told to run it. */
export function bash(command: string): Argv {
  return [existsSync('/bin/bash') ? '/bin/bash' : '/bin/sh', '-c', command]
}
