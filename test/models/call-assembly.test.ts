import type { ToolCallChunk } from '@langchain/core/messages'
import fc from 'fast-check'
import { assert, describe, it } from 'vitest'
import { callAssembly } from '../../models/call-assembly.ts'

type Piece = Omit<ToolCallChunk, 'type'>

function assembled(...pieces: Piece[]) {
  const assembly = callAssembly()
  for (const piece of pieces) assembly.add({ ...piece, type: 'tool_call_chunk' })
  return assembly.calls.map(({ id, name, text }) => ({ id, name, text }))
}

const ARGS = JSON.stringify({ list: [{ a: [1] }, []], text: 'Grüße, 世界 👩‍🚀 "so" \\ \n', deep: { '{': ['['] } })
const ESCAPED = ARGS.replace(/[\u0080-\uffff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
const whole = { id: 'c', name: 'a', text: ARGS }

describe('calls put together from pieces', () => {
  it('have the same text at whichever place it was cut', () => {
    for (const args of [ARGS, ESCAPED])
      for (let at = 0; at <= args.length; at++)
        for (const later of [{ index: 0 }, { index: 0, id: 'c' }, { index: 0, id: 'c', name: 'a' }])
          assert.deepEqual(
            assembled({ index: 0, id: 'c', name: 'a', args: args.slice(0, at) }, { ...later, args: args.slice(at) }),
            [{ ...whole, text: args }],
            `cut at ${at}`
          )
  })

  it('have it at every byte, as the bytes come off the wire', () => {
    const bytes = Buffer.from(ARGS)
    for (let at = 0; at <= bytes.length; at++) {
      const decoder = new TextDecoder()
      const parts = [decoder.decode(bytes.subarray(0, at), { stream: true }), decoder.decode(bytes.subarray(at))]
      assert.deepEqual(assembled({ index: 0, id: 'c', name: 'a' }, ...parts.map((args) => ({ index: 0, args }))), [
        whole
      ])
    }
  })

  it('are told apart by index, however their pieces mix', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(2), fc.nat(9)), { maxLength: 60 }), (steps) => {
        const begun = [0, 1, 2].map((index) => ({ index, id: `c${index}`, name: 'a', args: '' }))
        const at = [0, 0, 0]
        const cut = (index: number, length: number) => {
          const args = ARGS.slice(at[index]!, at[index]! + length)
          at[index]! += length
          return { index, args }
        }
        const pieces = steps.map(([index, length]) => cut(index, length))
        const rest = [0, 1, 2].map((index) => cut(index, ARGS.length))
        assert.deepEqual(
          assembled(...begun, ...pieces, ...rest),
          [0, 1, 2].map((index) => ({ ...whole, id: `c${index}` }))
        )
      })
    )
  })

  it('take text that comes before the id and the name, with an index or without', () => {
    for (const place of [{ index: 3 }, {}])
      assert.deepEqual(
        assembled({ ...place, args: '{"x"' }, { ...place, id: 'c', args: ':' }, { ...place, name: 'a', args: '1}' }),
        [{ id: 'c', name: 'a', text: '{"x":1}' }]
      )
  })

  it('go on with the last call of an index that two calls share', () => {
    const pieces = [
      { index: 0, id: 'c1', name: 'a', args: '{"x":' },
      { index: 0, args: '1}' },
      { index: 0, id: 'c2', name: 'b', args: '{"x":' },
      { index: 0, args: '2}' }
    ]
    assert.deepEqual(assembled(...pieces), [
      { id: 'c1', name: 'a', text: '{"x":1}' },
      { id: 'c2', name: 'b', text: '{"x":2}' }
    ])
  })

  it('are two where one id comes twice with a whole object each', () => {
    for (const place of [{ index: 0 }, {}]) {
      const twice = [1, 2].map((x) => ({ ...place, id: 'c', name: 'a', args: `{"x":${x}}` }))
      assert.deepEqual(
        assembled(...twice).map(({ text }) => text),
        ['{"x":1}', '{"x":2}']
      )
    }
  })

  it('are one where id and name come with every piece', () => {
    const pieces = [...ARGS].map((args) => ({ id: 'c', name: 'a', args }))
    assert.deepEqual(assembled(...pieces, { id: 'c', name: 'a', args: '' }), [whole])
  })

  it('keep the name and the id that they were begun with', () => {
    assert.deepEqual(assembled({ index: 0, id: 'c', name: 'a' }, { index: 0, name: 'b', args: '{}' }), [
      { id: 'c', name: 'a', text: '{}' }
    ])
  })

  it('are there without arguments, and without a name', () => {
    assert.deepEqual(assembled({ index: 0, id: 'c', name: 'a' }, { index: 1, id: '', args: '{}' }), [
      { id: 'c', name: 'a', text: '' },
      { id: undefined, name: '', text: '{}' }
    ])
  })
})
