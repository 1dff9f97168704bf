import { InvalidArgumentError } from 'commander'

const UNITS = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const

/** `90s`, `30m`, `2h`, `7d`, in milliseconds. */
export function timeSpan(text: string): number {
  const found = /^([1-9]\d{0,5})([smhd])$/.exec(text)
  if (!found) throw new InvalidArgumentError('it is a whole number with its unit: 90s, 30m, 2h, 7d.')
  return Number(found[1]) * UNITS[found[2] as keyof typeof UNITS]
}
