const HEADER = 64
const ENTRY = 16
const CHARACTER = 2

/** About how many bytes a plain value takes in memory; rather more than fewer. */
export function footprint(value: unknown): number {
  if (typeof value === 'string') return HEADER + value.length * CHARACTER
  if (typeof value !== 'object' || value === null) return ENTRY
  let bytes = HEADER
  for (const part of Object.values(value)) bytes += ENTRY + footprint(part)
  return bytes
}
