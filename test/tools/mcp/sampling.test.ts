import { assert, describe, it } from 'vitest'
import { allowanceOf, sampledFor, samplingQuestion } from '../../../tools/mcp/sampling.ts'

const asking = (maxTokens: number, more: object = {}) => ({
  method: 'sampling/createMessage' as const,
  params: { maxTokens, messages: [{ role: 'user' as const, content: { type: 'text' as const, text: 'hm' } }], ...more }
})

const thrownBy = (work: Promise<unknown>) =>
  work.then(
    () => assert.fail('it is refused'),
    (error: unknown) => error
  )

describe('what a server may have its requests cost', () => {
  it('counts what is under way at its most, and what has ended at what it was', async () => {
    const allowance = allowanceOf('ops', 100)
    let end = (_: { model: string; text: string; tokens: number }) => {}
    const sample = () => new Promise<Parameters<typeof end>[0]>((done) => (end = done))
    const yes = { kind: 'given', value: {} } as const
    const first = sampledFor(asking(80), { allowance, sample, answer: yes })
    assert.equal(allowance.left(), 20)
    const second = await thrownBy(sampledFor(asking(30), { allowance, sample, answer: yes }))
    assert.propertyVal(second, 'code', 'BUDGET_EXCEEDED')
    end({ model: 'm', text: 'hm', tokens: 130 })
    await first
    assert.equal(allowance.left(), 0, 'it took more than it had asked for')
    assert.throws(() => samplingQuestion(asking(1), { key: 'k', allowance }), /may have 0 more/)
  })

  it('is for text alone', () => {
    const allowance = allowanceOf('ops', 100)
    const image = { type: 'image' as const, data: '', mimeType: 'image/png' }
    for (const [more, what] of [
      [{ tools: [] }, /wanted tools/],
      [{ toolChoice: { mode: 'auto' } }, /wanted tools/],
      [{ messages: [{ role: 'user', content: [image] }] }, /wanted more than text/]
    ] as const)
      assert.throws(() => samplingQuestion(asking(1, more), { key: 'k', allowance }), what)
  })
})
