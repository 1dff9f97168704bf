import assert from 'node:assert/strict'
import { AIMessage, type AIMessageChunk, HumanMessage } from '@langchain/core/messages'
import fc from 'fast-check'
import { describe, it } from 'vitest'
import { metered } from '../../models/metered.ts'
import { type Reply, scripted } from '../../models/scripted.ts'
import { wholeMessage } from '../../models/whole-message.ts'

const HI = [new HumanMessage('hi')]

const counted = () => {
  let count = 0
  return () => `c${++count}`
}

async function streamed(reply: Reply): Promise<AIMessageChunk> {
  let whole: AIMessageChunk | undefined
  for await (const chunk of await scripted([reply], { ids: counted() }).stream(HI)) {
    whole = whole ? whole.concat(chunk) : chunk
  }
  return whole!
}

/** The message that a thread gets; compared as it stands, since LangChain's own serialisation loses a `__proto__`. */
const whole = (message: AIMessage | AIMessageChunk) =>
  wholeMessage(message, { messages: HI, ids: counted(), tools: [] })

const replies = fc.oneof(
  fc.string({ unit: 'grapheme' }),
  fc.record(
    {
      text: fc.string({ unit: 'grapheme' }),
      calls: fc.array(
        fc.record({ name: fc.string({ minLength: 1 }), args: fc.dictionary(fc.string(), fc.jsonValue()) })
      ),
      usage: fc.record({ input: fc.nat(), output: fc.nat() })
    },
    { requiredKeys: [] }
  )
)

describe('scripted', () => {
  it('says the same streamed as whole', async () => {
    await fc.assert(
      fc.asyncProperty(replies, async (generated) => {
        const reply = JSON.parse(JSON.stringify(generated)) as Reply
        const invoked = await scripted([reply], { ids: counted() }).invoke(HI)
        assert.deepEqual(whole(await streamed(reply)), whole(invoked))
      })
    )
  })

  it('plays a list in order, shared by all that bind tools', async () => {
    const model = scripted(['one', { text: 'two', calls: [{ name: 'read', args: { path: 'a' }, id: 'c' }] }])
    const bound = model.bindTools!([{ type: 'function', function: { name: 'read', parameters: {} } }])
    assert.equal((await bound.invoke(HI)).text, 'one')
    assert.deepEqual((await model.invoke(HI)).tool_calls, [
      { name: 'read', args: { path: 'a' }, id: 'c', type: 'tool_call' }
    ])
  })

  it('says how many replies it had when it is asked for more', async () => {
    const model = scripted(['only'])
    await model.invoke(HI)
    await assert.rejects(model.invoke(HI), {
      code: 'MODEL_FAILED',
      message: 'the script has no reply 2: it has 1 in all'
    })
  })

  it('asks a function with the conversation, the tools and the turn', async () => {
    const model = scripted((messages, { tools, turn }) => `${messages.length} ${tools.join('+')} ${turn}`)
    const tools = ['read', 'write'].map((name) => ({ name, description: '', schema: {} }))
    const history = [...HI, new AIMessage('a'), ...HI]
    assert.equal((await metered(model).reply(history, { tools, config: {} })).message.text, '3 read+write 1')
  })

  it('counts a token for four characters, unless it is told', async () => {
    const { usage } = await metered(scripted(['12345678', { usage: { input: 3, output: 9 } }])).reply(HI, {
      tools: [],
      config: {}
    })
    assert.deepEqual(usage, { input: 1, output: 2, cached: 0, reasoning: 0, calls: 1 })
    const told = await metered(scripted([{ usage: { input: 3, output: 9 } }])).reply(HI, { tools: [], config: {} })
    assert.deepEqual([told.usage.input, told.usage.output], [3, 9])
  })

  it('fails with the words of an error', async () => {
    await assert.rejects(scripted([{ error: 'overloaded' }]).invoke(HI), {
      code: 'MODEL_FAILED',
      message: 'overloaded'
    })
  })

  for (const streaming of [true, false]) {
    it(`takes its time and stops when the signal does, ${streaming ? 'streamed' : 'whole'}`, async () => {
      const port = metered(scripted([{ text: 'late', delayMs: 60_000 }]))
      const abort = new AbortController()
      const config = { signal: abort.signal }
      const reply = port.reply(HI, { tools: [], config, ...(streaming && { onText: () => {} }) })
      setTimeout(() => abort.abort(new Error('enough')), 5)
      await assert.rejects(reply, /enough|[Aa]bort/)
    })
  }
})
