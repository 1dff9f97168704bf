import assert from 'node:assert/strict'
import { AIMessage, type UsageMetadata } from '@langchain/core/messages'
import fc from 'fast-check'
import { describe, it } from 'vitest'
import { usageField } from '../../models/usage-metadata.ts'
import { usageOf } from '../../models/usage-of.ts'

const costing = (usage: UsageMetadata) => usageOf(new AIMessage({ content: '', ...usageField(usage) }))

const tokens = fc.record({
  fresh: fc.nat(1e6),
  cached: fc.nat(1e6),
  written: fc.nat(1e6),
  said: fc.nat(1e6),
  thought: fc.nat(1e6)
})

describe('usageOf', () => {
  it('counts every token once where cached and reasoning tokens are part of the counts', () => {
    fc.assert(
      fc.property(tokens, ({ fresh, cached, written, said, thought }) => {
        const input = fresh + cached + written
        const output = said + thought
        const usage = costing({
          input_tokens: input,
          output_tokens: output,
          total_tokens: input + output,
          input_token_details: { cache_read: cached, cache_creation: written },
          output_token_details: { reasoning: thought }
        })
        assert.deepEqual(usage, { input, output, cached, reasoning: thought, calls: 1 })
      })
    )
  })

  it('counts every token once where cached tokens are told beside the input', () => {
    fc.assert(
      fc.property(tokens, ({ fresh, cached, written, said }) => {
        const usage = costing({
          input_tokens: fresh,
          output_tokens: said,
          total_tokens: fresh + cached + written + said,
          input_token_details: { cache_read: cached, cache_creation: written }
        })
        assert.deepEqual(usage, { input: fresh + cached + written, output: said, cached, reasoning: 0, calls: 1 })
      })
    )
  })

  it('counts every token once where reasoning is told beside the output', () => {
    const usage = costing({
      input_tokens: 5,
      output_tokens: 7,
      total_tokens: 42,
      output_token_details: { reasoning: 30 }
    })
    assert.deepEqual(usage, { input: 5, output: 37, cached: 0, reasoning: 30, calls: 1 })
  })

  it('counts the call of a model that reports nothing', () => {
    assert.deepEqual(usageOf(new AIMessage('')), { input: 0, output: 0, cached: 0, reasoning: 0, calls: 1 })
  })
})
