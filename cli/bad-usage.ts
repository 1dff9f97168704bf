import { CommanderError } from 'commander'
import { RuntimeError } from '../state/errors.ts'

/** What commander makes of a command line that it does not understand, in our words; undefined where help was asked for. */
export function badUsage(thrown: unknown): unknown {
  if (!(thrown instanceof CommanderError)) return thrown
  if (thrown.exitCode === 0) return undefined
  if (thrown.code === 'commander.help')
    return new RuntimeError('BAD_ARGUMENTS', 'a command is missing; `deputy --help` lists them')
  return new RuntimeError('BAD_ARGUMENTS', thrown.message.replace(/^error: /, ''))
}
