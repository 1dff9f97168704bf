// B1. Nothing that a schema says is executed without bound: patterns, which can take for ever, are left out of a check, and a
//     schema that is too deep or too wide is not checked by at all. Who wrote it checks again.
// B2. Nothing is fetched: a reference to somewhere else makes a schema that is not checked by.
import type { JsonSchemaType, JsonSchemaValidator, JsonSchemaValidatorResult } from '@modelcontextprotocol/client'
import { AjvJsonSchemaValidator } from '@modelcontextprotocol/client/validators/ajv'

import { visible } from '../envelope.ts'

const DEEPEST = 48
const MOST_NODES = 5_000
const UNBOUNDED = new Set(['pattern', 'patternProperties', 'format'])

/** Whether a value is small enough to walk. */
export function isBounded(value: unknown): boolean {
  let nodes = 0
  const walk = (node: unknown, depth: number): boolean => {
    if (typeof node !== 'object' || node === null) return true
    if (depth > DEEPEST || ++nodes > MOST_NODES) return false
    return Object.values(node).every((child) => walk(child, depth + 1))
  }
  return walk(value, 0)
}

/** Checks by a schema that a stranger wrote. */
export const boundedValidator = {
  getValidator<T>(schema: JsonSchemaType): JsonSchemaValidator<T> {
    if (!isBounded(schema)) return taken
    try {
      return new AjvJsonSchemaValidator().getValidator<T>(withoutPatterns(schema) as JsonSchemaType)
    } catch {
      return taken
    }
  }
}

/** What is wrong with a value by a schema that came over the wire; undefined where nothing is. */
export function checkBy(schema: object): (value: unknown) => string | undefined {
  const validate = boundedValidator.getValidator(schema as JsonSchemaType)
  return (value) => {
    const { valid, errorMessage } = validate(value)
    return valid ? undefined : visible(errorMessage).text
  }
}

const taken = <T>(data: unknown): JsonSchemaValidatorResult<T> => ({
  valid: true,
  data: data as T,
  errorMessage: undefined
})

/** In a map of properties `pattern` is the name of one, and its schema an object. */
function withoutPatterns(node: unknown): unknown {
  if (Array.isArray(node)) return node.map(withoutPatterns)
  if (typeof node !== 'object' || node === null) return node
  const kept = Object.entries(node).filter(([key, value]) => !isPattern(key, value))
  return Object.fromEntries(kept.map(([key, value]) => [key, VALUES.has(key) ? value : withoutPatterns(value)]))
}

const VALUES = new Set(['const', 'enum', 'default', 'examples'])

const isPattern = (key: string, value: unknown): boolean =>
  UNBOUNDED.has(key) && (typeof value === 'string' || key === 'patternProperties')
