import { type Failure, failureOf } from '../state/errors.ts'
import { exitCodeOfError } from './exit-codes.ts'
import { redacting } from './secrets.ts'
import type { Surroundings } from './surroundings.ts'
import { printable } from './view/printable.ts'

/** Says on stderr why a command gave up; returns its exit code. Only `DEPUTY_DEBUG=1` shows where in the code it was. */
export function refuse(
  thrown: unknown,
  { surroundings, json, store }: { surroundings: Surroundings; json: boolean; store?: string }
): number {
  const { stderr, env } = surroundings
  const redact = redacting(env, store === undefined ? [] : [store])
  const failure = failureOf(thrown, 'RUN_FAILED')
  stderr.write(`${redact(json ? JSON.stringify({ error: failure }) : failureText(failure))}\n`)
  if (env.DEPUTY_DEBUG === '1') stderr.write(`${redact(stackOf(thrown))}\n`)
  return exitCodeOfError(failure.code)
}

export function failureText({ code, message }: Failure): string {
  return `deputy: ${code}: ${printable(message)}`
}

function stackOf(thrown: unknown): string {
  if (!(thrown instanceof Error)) return String(thrown)
  const cause = thrown.cause === undefined ? '' : `\ncaused by ${stackOf(thrown.cause)}`
  return `${thrown.stack ?? thrown.message}${cause}`
}
