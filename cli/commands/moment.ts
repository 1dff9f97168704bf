import { InvalidArgumentError } from 'commander'
import type { Clock } from '../../state/context.ts'
import { timeSpan } from './time-span.ts'

const DATE = /^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d{1,3})?)?(Z|[+-]\d{2}:\d{2})?)?$/

/** A time as `2026-03-01T12:30:00Z`, or how long ago: `90s`, `30m`, `2h`, `7d`; in milliseconds since the epoch. */
export function moment(clock: Clock): (text: string) => number {
  return (text) => {
    if (/^\d+[smhd]$/.test(text)) return clock.now() - timeSpan(text)
    const at = DATE.test(text) ? Date.parse(text) : Number.NaN
    if (Number.isFinite(at)) return at
    throw new InvalidArgumentError('it is a time, 2026-03-01T12:30:00Z, or how long ago: 90s, 30m, 2h, 7d.')
  }
}
