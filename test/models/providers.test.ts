import assert from 'node:assert/strict'
import { AIMessage, type BaseMessage, HumanMessage, ToolMessage } from '@langchain/core/messages'
import { afterEach, beforeEach, describe, it } from 'vitest'
import { malformedOf } from '../../models/malformed.ts'
import { metered } from '../../models/metered.ts'
import type { ModelReply, ToolSpec } from '../../state/context.ts'
import { type ProviderEndpoint, providerEndpoint } from '../support/provider-endpoint.ts'
import { PROVIDERS } from '../support/providers.ts'

const TOOLS: readonly ToolSpec[] = [
  { name: 'read', description: 'Reads a file', schema: { type: 'object', properties: { path: { type: 'string' } } } },
  { name: 'write', description: 'Writes a file', schema: { type: 'object', properties: { path: { type: 'string' } } } }
]
const USAGE = { input: 1000, cached: 800, output: 70, reasoning: 50 }
const WORDS = 'Grüße, 世界 👋🏽: first I read, then I write.'
const READ = { id: 'call_a', name: 'read', args: '{"path":"naïve \\"quoted\\" \\u00e9 👩‍🚀.md"}' }
const WRITE = { id: 'call_b', name: 'write', args: '{"path":"b.md","lines":[1,{"deep":null}]}' }

for (const provider of PROVIDERS) {
  describe(provider.name, () => {
    let endpoint: ProviderEndpoint
    beforeEach(async () => {
      endpoint = await providerEndpoint()
    })
    afterEach(() => endpoint.close())

    const ask = (messages: BaseMessage[] = [new HumanMessage('hi')], onText?: (text: string) => void) =>
      metered(provider.connect(endpoint.url)).reply(messages, {
        tools: TOOLS,
        config: {},
        ...(onText && { onText })
      })

    for (const streaming of [true, false]) {
      const heard: string[] = []
      const reply = (messages?: BaseMessage[]): Promise<ModelReply> => {
        heard.length = 0
        return ask(messages, streaming ? (text) => heard.push(text) : undefined)
      }

      describe(streaming ? 'streamed' : 'whole', () => {
        it('gives text as one plain message and tells it as it arrives', async () => {
          endpoint.answer({ text: WORDS })
          const { message } = await reply()
          assert.equal(message.text, WORDS)
          assert.equal(message.constructor.name, 'AIMessage')
          assert.equal(heard.join(''), streaming ? WORDS : '')
          assert.equal(heard.length > 5, streaming)
          assert.equal(endpoint.requests[0]?.body.stream ?? false, streaming)
        })

        it('assembles parallel calls', async () => {
          endpoint.answer({ text: 'ok', calls: [READ, WRITE] })
          const { message } = await reply()
          assert.deepEqual(
            message.tool_calls?.map(({ id, name, args }) => ({ id, name, args })),
            [READ, WRITE].map((call) => ({ ...call, args: JSON.parse(call.args) }))
          )
          assert.equal(message.additional_kwargs.tool_calls, undefined)
          assert.ok(message.id)
        })

        it('counts cached and reasoning tokens once', async () => {
          endpoint.answer({ text: 'ok', usage: USAGE })
          const { usage } = await reply()
          assert.deepEqual(usage, { ...USAGE, reasoning: provider.reasoning ? USAGE.reasoning : 0, calls: 1 })
        })

        it('takes its own reply with results as history', async () => {
          endpoint.answer({ text: 'ok', calls: [READ, WRITE] }, { text: 'done' })
          const { message } = await reply()
          const results = message.tool_calls!.map(({ id }) => new ToolMessage({ tool_call_id: id!, content: 'fine' }))
          const second = await reply([new HumanMessage('hi'), message, ...results])
          assert.equal(second.message.text, 'done')
          const sent = JSON.stringify(endpoint.requests[1]?.body)
          for (const part of ['call_a', 'call_b', 'fine', 'deep']) assert.ok(sent.includes(part), part)
        })
      })
    }

    it('tells of calls as they arrive, under the ids that they then have', async () => {
      endpoint.answer({ text: 'ok', calls: [READ, WRITE] })
      const written: Record<string, string> = {}
      const names: string[] = []
      await metered(provider.connect(endpoint.url)).reply([new HumanMessage('hi')], {
        tools: TOOLS,
        config: {},
        onCall(piece) {
          if (piece.kind === 'started') names.push(piece.name)
          else written[piece.id] = (written[piece.id] ?? '') + piece.text
        }
      })
      assert.deepEqual(names, ['read', 'write'])
      assert.deepEqual(written, { call_a: READ.args, call_b: WRITE.args })
    })

    it('gives a call whose arguments were cut off no arguments, and keeps their text', async () => {
      const cut = { ...WRITE, args: '{"path":"/srv/data/imp' }
      endpoint.answer({ text: 'ok', calls: [READ, cut] }, { text: 'I try again' })
      const { message } = await ask(undefined, () => {})
      assert.deepEqual(message.tool_calls?.[1], { id: 'call_b', name: 'write', args: {}, type: 'tool_call' })
      assert.equal(malformedOf(message, 'call_b')?.text, cut.args)
      assert.match(malformedOf(message, 'call_b')!.error, /JSON/)
      assert.equal(malformedOf(message, 'call_a'), undefined)
      assert.deepEqual(message.invalid_tool_calls, [])

      const results = ['call_a', 'call_b'].map((id) => new ToolMessage({ tool_call_id: id, content: 'no JSON' }))
      assert.equal((await ask([new HumanMessage('hi'), message, ...results])).message.text, 'I try again')
    })

    it('takes a call without arguments for one', async () => {
      endpoint.answer({ calls: [{ id: 'call_a', name: 'read', args: '' }] })
      const { message } = await ask(undefined, () => {})
      assert.deepEqual(message.tool_calls?.[0]?.args, {})
      assert.equal(malformedOf(message, 'call_a'), undefined)
    })

    it('is told the tools once, whatever form the provider gives them', async () => {
      endpoint.answer({ text: 'ok' })
      await ask()
      const { tools } = endpoint.requests[0]!.body as { tools: unknown[] }
      assert.equal(tools.length, 2)
      assert.match(JSON.stringify(tools[0]), /Reads a file/)
    })

    for (const status of [401, 429, 500]) {
      it(`rejects with the provider's words on ${status}`, async () => {
        endpoint.answer({ status, error: `refused with ${status}` })
        await assert.rejects(
          ask(undefined, () => {}),
          new RegExp(`refused with ${status}`)
        )
      })
    }

    it('stops when the signal does', async () => {
      endpoint.answer({ text: WORDS })
      const abort = new AbortController()
      const stopped = metered(provider.connect(endpoint.url)).reply([new HumanMessage('hi')], {
        tools: [],
        config: { signal: abort.signal },
        onText: () => abort.abort(new Error('enough'))
      })
      await assert.rejects(stopped, /enough|[Aa]bort/)
    })
  })
}

it('leaves a message of the history as it is', async () => {
  const endpoint = await providerEndpoint({ text: 'ok' })
  const said = new AIMessage({ id: 'a', content: 'before', additional_kwargs: { reasoning_content: 'hm' } })
  const before = JSON.stringify(said)
  await metered(PROVIDERS[0]!.connect(endpoint.url)).reply([said, new HumanMessage('hi')], { tools: [], config: {} })
  assert.equal(JSON.stringify(said), before)
  await endpoint.close()
})
