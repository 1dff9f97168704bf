import type { Writable } from 'node:stream'
import { type Redact, redacting } from './secrets.ts'
import type { Surroundings } from './surroundings.ts'
import { type Paint, paintFor } from './view/paint.ts'

/** Where a command speaks. Nothing passes that the environment keeps secret. */
export interface Output {
  readonly paint: Paint
  readonly redact: Redact
  line(text?: string): void
  /** One value on one line. */
  json(value: unknown): void
  /** Beside the result: for a person, also where the result is read by a program. */
  aside(text: string): void
}

export function outputOf({ stdout, stderr, env }: Surroundings, { store }: { store: string }): Output {
  const redact = redacting(env, [store])
  const lineTo = (stream: Writable) => (text: string) => void stream.write(`${redact(text)}\n`)
  const line = lineTo(stdout)
  return {
    paint: paintFor(stdout),
    redact,
    line: (text = '') => line(text),
    json: (value) => line(JSON.stringify(value)),
    aside: lineTo(stderr)
  }
}
