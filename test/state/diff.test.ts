import { AIMessage, HumanMessage, ToolMessage } from '@langchain/core/messages'
import fc from 'fast-check'
import { assert, describe, it } from 'vitest'
import { asJson, diffOf, type StateView } from '../../state/diff.ts'
import { jsonPatch, patched } from '../../state/json-patch.ts'
import { type Json, type PlainMessage, plain } from '../../state/plain.ts'
import { NO_USAGE } from '../../state/usage.ts'

/** Any JSON, but for a key that no patch library lets through. */
const json = fc
  .jsonValue({ maxDepth: 4 })
  .map((value) => JSON.parse(JSON.stringify(value).replaceAll('__proto__', 'proto')) as Json)
const message = fc.record(
  { id: fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f'), role: fc.constantFrom('human', 'ai'), content: json },
  { requiredKeys: ['role', 'content'] }
)
const table = fc.dictionary(fc.constantFrom('x', 'y/z', '~1', 'n'), json)
const usage = fc.record({
  input: fc.nat(),
  output: fc.nat(),
  cached: fc.nat(),
  reasoning: fc.nat(),
  calls: fc.nat()
})
const view = fc.record({
  messages: fc.array(message, { maxLength: 12 }),
  ledger: table,
  grants: fc.constant({}),
  usage,
  channels: table
}) as fc.Arbitrary<StateView>

describe('a JSON Patch', () => {
  it('applied to what was before gives what is after, whatever the two are', () => {
    fc.assert(
      fc.property(json, json, (before, after) => {
        assert.deepEqual(patched(before, jsonPatch(before, after)), after)
      }),
      { numRuns: 1000 }
    )
  })

  it('does so for two states of a thread, and is empty for the same', () => {
    fc.assert(
      fc.property(view, view, (before, after) => {
        assert.deepEqual(patched(asJson(before), diffOf(before, after).patch), asJson(after))
        assert.deepEqual(diffOf(before, structuredClone(before)).patch, [])
      }),
      { numRuns: 300 }
    )
  })

  it('says of a list that has grown only what was added', () => {
    const old = Array.from({ length: 5000 }, (_, n) => ({ id: `m${n}` }))
    const patch = jsonPatch({ messages: old }, { messages: [...old, { id: 'new' }] })
    assert.deepEqual(patch, [{ op: 'add', path: '/messages/5000', value: { id: 'new' } }])
  })

  it('leaves what it is applied to as it was', () => {
    const before = { a: [1, 2] }
    patched(before, [{ op: 'remove', path: '/a/0' }])
    assert.deepEqual(before, { a: [1, 2] })
  })
})

describe('how two states differ', () => {
  const said = (id: string, content: string): PlainMessage => ({ id, role: 'ai', content })
  const empty: StateView = { messages: [], ledger: {}, grants: {}, usage: NO_USAGE, channels: {} }

  it('names the messages that came, that went and that changed, by their ids', () => {
    const before = { ...empty, messages: [said('a', '1'), said('b', '2'), said('c', '3')] }
    const after = { ...empty, messages: [said('b', 'two'), said('c', '3'), said('d', '4')] }
    assert.deepEqual(diffOf(before, after).messages, {
      same: 1,
      removed: [said('a', '1')],
      added: [said('d', '4')],
      changed: [{ before: said('b', '2'), after: said('b', 'two') }]
    })
  })

  it('names what changed in a table: new, gone, or another', () => {
    const before = { ...empty, channels: { same: { a: 1, b: 2 }, gone: 1, other: [1] } }
    const after = { ...empty, channels: { same: { b: 2, a: 1 }, fresh: null, other: [2] } }
    assert.deepEqual(diffOf(before, after).channels, [
      { key: 'gone', before: 1 },
      { key: 'other', before: [1], after: [2] },
      { key: 'fresh', after: null }
    ])
  })
})

describe('a value as a reader sees it', () => {
  it('is JSON, whatever it was', () => {
    const circle = new Map<unknown, unknown>([[{ k: 1 }, new Set([undefined, 2n])]])
    assert.deepEqual(plain({ circle, bytes: new Uint8Array(3), none: undefined, not: Number.NaN, when: /x/u }), {
      circle: [[{ k: 1 }, [null, '2']]],
      bytes: '3 bytes',
      not: 'NaN',
      when: '/x/u'
    })
  })

  it('is of a message what was said, called and answered', () => {
    const call = { id: 'c1', name: 'touch', args: { what: 'a' } }
    assert.deepEqual(
      [
        new HumanMessage({ id: '1', content: 'go' }),
        new AIMessage({ id: '2', content: '', tool_calls: [{ ...call, type: 'tool_call' }] }),
        new ToolMessage({ id: '3', content: 'done', tool_call_id: 'c1', name: 'touch', status: 'error' })
      ].map(plain),
      [
        { id: '1', role: 'human', content: 'go' },
        { id: '2', role: 'ai', content: '', calls: [call] },
        { id: '3', role: 'tool', name: 'touch', content: 'done', call: 'c1', status: 'error' }
      ]
    )
  })
})
