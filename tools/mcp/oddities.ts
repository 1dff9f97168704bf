import { visible } from '../envelope.ts'
import type { Definition } from './definition.ts'

const SUSPECT: readonly (readonly [RegExp, string])[] = [
  [
    /\b(ignore|disregard|forget)\b.{0,40}\b(previous|prior|above|all|other|your)\b/i,
    'tells the reader to ignore something'
  ],
  [/\binstead of\b|\brather than (using|calling)\b|\bprefer this\b/i, 'wants to be used in place of something else'],
  [/\b(do not|don't|never) (tell|mention|inform|show|reveal)\b/i, 'wants something kept from the person'],
  [/\b(before|after) (using|calling|any)\b.{0,40}\btools?\b/i, 'gives orders about other tools'],
  [/<\s*(important|system|instructions?|secret)\b|\bsystem prompt\b/i, 'imitates a system prompt'],
  [/\b(password|api[_ -]?key|private key|access token|\.ssh|\.env)\b/i, 'speaks of secrets']
]

/** What a reviewer should look at twice: hints for a person, and no verdict. */
export function odditiesOf(definition: Definition): readonly string[] {
  const texts = textsIn(definition)
  const found = SUSPECT.flatMap(([pattern, what]) =>
    texts.some((text) => pattern.test(visible(text).text)) ? [what] : []
  )
  const hidden = texts.reduce((sum, text) => sum + visible(text).removed, 0)
  return hidden > 0 ? [...found, `has ${hidden} invisible characters`] : found
}

/** All texts, those of names, enums and annotations too. */
function textsIn(node: unknown): string[] {
  if (typeof node === 'string') return [node]
  if (typeof node !== 'object' || node === null) return []
  return Object.entries(node).flatMap(([key, value]) =>
    Array.isArray(node) ? textsIn(value) : [key, ...textsIn(value)]
  )
}
