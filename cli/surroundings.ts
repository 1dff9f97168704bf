import type { ReadStream, WriteStream } from 'node:tty'
import type { Clock } from '../state/context.ts'

/** What a command touches of the process it runs in. */
export interface Surroundings {
  readonly stdin: ReadStream
  readonly stdout: WriteStream
  readonly stderr: WriteStream
  readonly env: NodeJS.ProcessEnv
  readonly cwd: string
  readonly clock: Clock
}

export function surroundingsOf(from: NodeJS.Process): Surroundings {
  const { stdin, stdout, stderr, env } = from
  return { stdin, stdout, stderr, env, cwd: from.cwd(), clock: { now: () => Date.now() } }
}
