import type { Predicate, Rule } from '../../state/remit.ts'

/** A rule as a policy file has it. */
export function ruleLine({ verdict, tool, when = {}, agent, sandboxed, evenUntrusted, reason }: Rule): string {
  const conditions = Object.entries(when).map(([argument, predicate]) => conditionText(argument, predicate))
  return [
    verdict,
    tool,
    ...(conditions.length > 0 ? [conditions.join(' and ')] : []),
    ...(agent === undefined ? [] : [`for ${agent}`]),
    ...(sandboxed ? ['in sandbox'] : []),
    ...(evenUntrusted ? ['even untrusted'] : []),
    ...(reason === undefined ? [] : [`because ${JSON.stringify(reason)}`])
  ].join(' ')
}

function conditionText(argument: string, predicate: Predicate): string {
  if (typeof predicate === 'string') return `${argument} like ${JSON.stringify(predicate)}`
  const [[kind, value]] = Object.entries(predicate) as [[string, unknown]]
  if (kind === argument) return `${argument} ${JSON.stringify(value)}`
  return `${argument} ${OPERATORS[kind] ?? kind} ${JSON.stringify(value)}`
}

const OPERATORS: Readonly<Record<string, string>> = { equals: 'is', oneOf: 'in', matches: 'like', less: '<', more: '>' }
