/** Numbers as they are read at a glance. */

const SECOND = 1000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

/** `0s`, `42s`, `3m 05s`, `2h 10m`, `5d` */
export function duration(ms: number): string {
  const whole = Math.max(0, ms)
  if (whole < MINUTE) return `${Math.floor(whole / SECOND)}s`
  if (whole < HOUR) return `${Math.floor(whole / MINUTE)}m ${padded(Math.floor((whole % MINUTE) / SECOND))}s`
  if (whole < DAY) return `${Math.floor(whole / HOUR)}h ${padded(Math.floor((whole % HOUR) / MINUTE))}m`
  return `${Math.floor(whole / DAY)}d`
}

/** `950`, `1.2k`, `34k`, `1.2M` */
export function count(n: number): string {
  if (n < 1000) return String(n)
  if (n < 999_500) return `${scaled(n / 1000)}k`
  return `${scaled(n / 1_000_000)}M`
}

const UNITS = ['B', 'kB', 'MB', 'GB', 'TB']

/** `950 B`, `1.2 kB`, `34 MB` */
export function bytes(n: number): string {
  const at = Math.min(UNITS.length - 1, Math.max(0, Math.floor(Math.log10(Math.max(1, n)) / 3)))
  const amount = n / 1000 ** at
  return `${at === 0 ? amount : scaled(amount)} ${UNITS[at]}`
}

/** `12 tok`, of what a model read and wrote. */
export function tokens({ input, output }: { input: number; output: number }): string {
  return `${count(input + output)} tok`
}

/** `1 ask`, `2 asks` */
export function counted(n: number, noun: string): string {
  return `${n} ${noun}${n === 1 ? '' : 's'}`
}

/** 3.4 below ten, whole above. */
function scaled(n: number): string {
  return n < 9.95 ? n.toFixed(1) : String(Math.round(n))
}

function padded(n: number): string {
  return String(n).padStart(2, '0')
}
