import type { Predicate, Rule } from '../../state/remit.ts'
import type { Finding } from './finding.ts'
import type { Resource } from './resources.ts'

/** Why a finding is as it is, in words for the model and the person. */
export function reasonOf({ rule, doubted, layer }: Finding): string {
  const where = rule.at ? `, ${rule.at.file}:${rule.at.line}` : ''
  const words = `${ruleText(rule)}${layer === undefined ? '' : `, ${layer} policy`}${where}`
  if (doubted) return `it cannot be told whether this is it: ${rule.reason ? `${rule.reason}; ` : ''}${words}`
  return rule.reason ? `${rule.reason} (${words})` : words
}

function ruleText({ tool, when, agent, sandboxed, evenUntrusted, verdict }: Rule): string {
  const conditions = [
    ...Object.entries(when ?? {}).map(([argument, predicate]) => `${argument} ${predicateText(predicate)}`),
    ...(agent === undefined ? [] : [`the agent is ${agent}`]),
    ...(sandboxed ? ['it is sandboxed'] : [])
  ]
  const where = conditions.length > 0 ? ` where ${conditions.join(' and ')}` : ''
  return `rule: ${verdict} ${tool}${where}${evenUntrusted ? ', even untrusted' : ''}`
}

function predicateText(predicate: Predicate): string {
  if (typeof predicate === 'string') return `is ${JSON.stringify(predicate)}`
  const [[kind, value]] = Object.entries(predicate) as [[string, unknown]]
  return `${WORDS[kind] ?? 'is'} ${JSON.stringify(value)}`
}

const WORDS: Readonly<Record<string, string>> = {
  oneOf: 'is one of',
  matches: 'is like',
  less: 'is less than',
  more: 'is more than'
}

/** What of a call is meant, where that is not the call itself. */
export function resourceText(resource: Resource): string | undefined {
  switch (resource.kind) {
    case 'call':
      return undefined
    case 'command':
    case 'suspect': {
      const { text, opaque } = resource.command
      return opaque ? `${text} [${opaque.reason}]` : text
    }
    case 'file':
      return `${resource.access === 'read' ? '<' : '>'} ${resource.path.text}`
    case 'mention':
      return `the file ${resource.path.text}`
  }
}
