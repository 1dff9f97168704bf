import type { ElicitRequest, ElicitResult, InputRequest } from '@modelcontextprotocol/client'
import type { ToolAnswer, ToolQuestion } from '../../state/tool-result.ts'
import { visible } from '../envelope.ts'

type Form = { readonly requestedSchema: { readonly properties: Readonly<Record<string, object>> } }

const SECRET =
  /passw|passphrase|passcode|\bpin\b|secret|token|api[_ -]?key|private[_ -]?key|credential|\bcvv\b|\bcvc\b|card[_ -]?number/i
const LONGEST = 2_000

/** What a server asks a person, said as ours: who asks comes first, and where a link leads to is shown whole. */
export function questionOf({ params }: ElicitRequest, { server, key }: { server: string; key: string }): ToolQuestion {
  const message = visible(params.message).text.slice(0, LONGEST)
  const asks = `the MCP server "${server}" asks`
  if (params.mode === 'url') {
    const { host } = new URL(params.url)
    return {
      key,
      kind: 'auth',
      reason: `${asks} to open a page of ${host}: ${message}`,
      args: { server, url: params.url, host }
    }
  }
  return {
    key,
    kind: 'input',
    reason: `${asks}: ${message}`,
    args: { server, message, schema: params.requestedSchema }
  }
}

/** Why a question is not put to anybody; undefined where it may be. */
export function whyNotAsked({ method, params }: InputRequest): string | undefined {
  if (method !== 'elicitation/create') return `it wanted ${method}, which it was not offered`
  if (params.mode === 'url') return isWebUrl(params.url) ? undefined : 'it named an address that is no web page'
  return asksForSecret(params) ? 'it asked for a secret in a form' : undefined
}

function isWebUrl(url: string): boolean {
  if (!URL.canParse(url)) return false
  const { protocol, username, password } = new URL(url)
  return (protocol === 'https:' || protocol === 'http:') && !username && !password
}

/** A secret belongs on a page of the server, and never in a form that others read. */
function asksForSecret({ message, requestedSchema }: Form & { message: string }): boolean {
  const fields = Object.entries(requestedSchema.properties).flatMap(([name, field]) => [name, ...Object.values(field)])
  return [message, ...fields].some((text) => typeof text === 'string' && SECRET.test(visible(text).text))
}

/** What a server is told. */
export function elicitResultOf(answer: ToolAnswer, { params }: ElicitRequest): ElicitResult {
  if (answer.kind === 'declined') return { action: 'decline' }
  if (params.mode === 'url') return { action: 'accept' }
  const fields = params.requestedSchema.properties
  return { action: 'accept', content: { ...defaultsOf(fields), ...contentOf(answer.value, fields) } }
}

/** A form with one field may be answered with its value. */
function contentOf(value: unknown, fields: Readonly<Record<string, object>>): Record<string, never> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, never>
  const [name, ...others] = Object.keys(fields)
  return name !== undefined && others.length === 0
    ? ({ [name]: typed(value, fields[name]!) } as Record<string, never>)
    : {}
}

/** A person types text, whatever is asked for. */
function typed(value: unknown, field: object): unknown {
  if (typeof value !== 'string' || !('type' in field)) return value
  if (field.type === 'boolean') return /^(y|yes|true|1)$/i.test(value.trim())
  if ((field.type === 'number' || field.type === 'integer') && Number.isFinite(Number(value))) return Number(value)
  return value
}

function defaultsOf(fields: Readonly<Record<string, object>>): Record<string, never> {
  const given = Object.entries(fields).flatMap(([name, field]) => ('default' in field ? [[name, field.default]] : []))
  return Object.fromEntries(given)
}
