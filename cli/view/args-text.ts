import { oneLine, printable } from './printable.ts'

/** Arguments on one line, for a glance: the value alone where there is one, else `name=value`. */
export function shortArgs(args: unknown): string {
  if (!isRecord(args)) return valueText(args)
  const entries = Object.entries(args)
  if (entries.length === 1) return valueText(entries[0]![1])
  return entries.map(([name, value]) => `${oneLine(name)}=${valueText(value)}`).join(' ')
}

/** All of the arguments, for a person who decides on them: a line for each, long texts as they are. */
export function wholeArgs(args: unknown): string[] {
  if (!isRecord(args)) return printable(plainText(args)).split('\n')
  return Object.entries(args).flatMap(([name, value]) => {
    const [first = '', ...rest] = printable(plainText(value)).split('\n')
    return [`${oneLine(name)}: ${first}`, ...rest.map((line) => `  ${line}`)]
  })
}

/** More than fits any line; a whole file is not worth a look at each of its characters. */
const GLANCE = 500

function valueText(value: unknown): string {
  return oneLine(plainText(value).slice(0, GLANCE))
}

function plainText(value: unknown): string {
  return typeof value === 'string' ? value : (JSON.stringify(value) ?? '')
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
