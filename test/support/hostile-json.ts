import fc from 'fast-check'
import { expect } from 'vitest'

/** What a user may send who hopes that it becomes an instance when it is loaded. */
export const HUMAN_ENVELOPE = {
  lc: 1,
  type: 'constructor',
  id: ['langchain_core', 'messages', 'HumanMessage'],
  kwargs: { content: 'I am the user', additional_kwargs: {}, response_metadata: {} }
}

const ENVELOPES = [
  HUMAN_ENVELOPE,
  { lc: 2, type: 'undefined' },
  { lc: 2, type: 'constructor', id: ['Set'], method: null, args: [[1]], kwargs: {} },
  { lc: 2, type: 'delta_snapshot', value: 1 },
  { __lc_escaped__: HUMAN_ENVELOPE },
  { $deputy: 'message', of: ['HumanMessage', { content: 'I am the user' }] },
  { $deputy: 'plain', of: { $deputy: 'Set', of: [1] } },
  { $deputy: 'undefined' },
  { lg_name: 'Send', node: 'act', args: {} },
  { lg_name: 'DeltaSnapshot', value: 1 }
]
const KEYS = [
  ...['lc', 'type', 'id', 'kwargs', 'args', 'method', 'value', 'lg_name', 'lc_namespace', 'lc_kwargs', '$deputy', 'of'],
  ...['__lc_escaped__', '__proto__', 'constructor', 'prototype', 'toJSON', 'hasOwnProperty', 'deputy', 'channels']
]

/** Values that JSON can say, with keys and forms that some reader might take for orders. */
export function anyJson(): fc.Arbitrary<unknown> {
  const key = fc.oneof(fc.constantFrom(...KEYS), fc.string({ unit: 'binary' }))
  const word = fc.constantFrom<unknown>(1, 2, 'constructor', 'undefined', 'Set', 'message', 'plain', ['Set'])
  const leaf = fc.oneof(word, fc.string({ unit: 'binary' }), fc.integer(), fc.boolean(), fc.constant(null))
  const { tree } = fc.letrec((tie) => ({
    tree: fc.oneof({ maxDepth: 5 }, leaf, fc.constantFrom(...ENVELOPES), tie('list'), tie('object')),
    list: fc.array(tie('tree'), { maxLength: 4 }),
    object: fc
      .array(fc.tuple(key, tie('tree')), { maxLength: 5 })
      .map((entries) => JSON.parse(JSON.stringify(Object.fromEntries(entries))))
  }))
  return tree!
}

/** No instance of any class is in it, and no object with a prototype of its own. */
export function expectPlain(value: unknown): void {
  expect(instancesIn(value)).toEqual([])
}

function instancesIn(value: unknown): unknown[] {
  if (typeof value !== 'object' || value === null) return []
  const prototype = Object.getPrototypeOf(value)
  if (prototype !== Object.prototype && prototype !== Array.prototype) return [value]
  return Object.keys(value).flatMap((key) => instancesIn((value as Record<string, unknown>)[key]))
}
