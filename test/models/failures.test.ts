import assert from 'node:assert/strict'
import { HumanMessage, ToolMessage } from '@langchain/core/messages'
import { afterEach, beforeEach, describe, it } from 'vitest'
import { metered } from '../../models/metered.ts'
import type { ModelReply, ToolSpec } from '../../state/context.ts'
import { transience } from '../../state/transient.ts'
import type { Usage } from '../../state/usage.ts'
import { type EndpointAnswer, type ProviderEndpoint, providerEndpoint } from '../support/provider-endpoint.ts'
import { PROVIDERS } from '../support/providers.ts'

const HI = [new HumanMessage('hi')]
const TOOLS: readonly ToolSpec[] = [{ name: 'read', description: 'Reads', schema: { type: 'object', properties: {} } }]
const USAGE = { input: 1000, cached: 800, output: 70, reasoning: 0 }
const SAID = { text: 'one two three four', usage: USAGE }
const NOW = 0

for (const provider of PROVIDERS) {
  describe(provider.name, () => {
    let endpoint: ProviderEndpoint
    let heard: string
    let told: Usage[]
    beforeEach(async () => {
      endpoint = await providerEndpoint()
      heard = ''
      told = []
    })
    afterEach(() => endpoint.close())

    interface Manner {
      readonly streaming?: boolean
      readonly signal?: AbortSignal
      readonly onText?: (text: string) => void
    }
    const ask = ({ streaming = true, signal, onText }: Manner = {}): Promise<ModelReply> =>
      metered(provider.connect(endpoint.url)).reply(HI, {
        tools: TOOLS,
        config: { ...(signal && { signal }) },
        onUsage: (usage) => void told.push(usage),
        ...(streaming && {
          onText: (text: string) => {
            heard += text
            onText?.(text)
          }
        })
      })

    async function failure(answer: EndpointAnswer, manner?: Manner): Promise<unknown> {
      endpoint.answer(answer, { text: 'the second attempt' })
      const thrown = await ask(manner).then(
        ({ message }) => assert.fail(`it replied "${message.text}"`),
        (error) => error
      )
      assert.equal(endpoint.requests.length, 1)
      return thrown
    }
    const transienceOf = async (answer: EndpointAnswer, manner?: Manner) =>
      transience(await failure(answer, manner), { now: NOW })

    for (const streaming of [true, false])
      describe(streaming ? 'streamed' : 'whole', () => {
        it('says that a rate limit is transient, and how long it lasts', async () => {
          const seconds = { status: 429, error: 'slowly', headers: { 'retry-after': '7' } }
          assert.deepEqual(await transienceOf(seconds, { streaming }), { transient: true, retryAfterMs: 7000 })
        })

        it('says so also where the rate limit lasts long', async () => {
          const hours = { status: 429, error: 'slowly', headers: { 'retry-after': '7200' } }
          assert.deepEqual(await transienceOf(hours, { streaming }), { transient: true, retryAfterMs: 7_200_000 })
        })

        for (const status of [500, 503, 529])
          it(`says that ${status} is transient`, async () => {
            assert.deepEqual(await transienceOf({ status, error: 'busy' }, { streaming }), { transient: true })
          })

        for (const status of [400, 401, 404, 409])
          it(`says that ${status} is not`, async () => {
            assert.deepEqual(await transienceOf({ status, error: 'no' }, { streaming }), { transient: false })
          })

        it('says that used-up credit is not', async () => {
          const answer = { status: 429, error: 'no money', type: 'insufficient_quota' }
          assert.deepEqual(await transienceOf(answer, { streaming }), { transient: false })
        })

        it('says that a connection which drops is transient', async () => {
          assert.deepEqual(await transienceOf('drop', { streaming }), { transient: true })
        })

        it('says that a server which is not there is transient', async () => {
          const { url } = endpoint
          await endpoint.close()
          const gone = await metered(provider.connect(url))
            .reply(HI, { tools: [], config: {}, ...(streaming && { onText: () => {} }) })
            .catch((error) => error)
          assert.deepEqual(transience(gone, { now: NOW }), { transient: true })
          endpoint = await providerEndpoint()
        })

        it('says that being stopped is not', async () => {
          const abort = new AbortController()
          abort.abort()
          endpoint.answer(SAID)
          const stopped = await ask({ streaming, signal: abort.signal }).catch((error) => error)
          assert.deepEqual(transience(stopped, { now: NOW }), { transient: false })
          assert.deepEqual(told, [])
        })

        it('tells the usage of a reply once, as the reply bears it', async () => {
          endpoint.answer(SAID)
          const { usage } = await ask({ streaming })
          assert.deepEqual(told, [usage])
          assert.deepEqual(usage, { ...USAGE, calls: 1 })
        })

        it('tells no usage of an attempt that was refused', async () => {
          await failure({ status: 503, error: 'busy' }, { streaming })
          assert.deepEqual(told, [])
        })
      })

    for (const by of ['drop', 'end', { type: 'overloaded_error' }, { type: 'server_error' }] as const) {
      const how = typeof by === 'object' ? by.type : by
      it(`says that a stream is transient which breaks off in the middle (${how}), and tells what it used`, async () => {
        const broken = { said: SAID, events: 5, by }
        assert.deepEqual(await transienceOf(broken), { transient: true })
        assert.match(heard, /^one/)
        const reported = provider.anthropic ? { ...USAGE, output: 1 } : { input: 0, cached: 0, output: 0, reasoning: 0 }
        assert.deepEqual(told, [{ ...reported, calls: 1 }])
      })
    }

    it('takes no stream for a reply that ended before the reply did, whenever that was', async () => {
      const said = { text: 'one two', calls: [{ id: 'call_a', name: 'read', args: '{"path":"abc"}' }], usage: USAGE }
      endpoint.answer({ said, events: 100, by: 'end' })
      assert.equal((await ask()).message.tool_calls?.length, 1)
      for (let events = 0; events < 8; events++) {
        endpoint.answer({ said, events, by: 'end' })
        const thrown = await ask().catch((error) => error)
        assert.deepEqual(transience(thrown, { now: NOW }), { transient: true }, `after ${events} events`)
      }
    })

    it('tells what was used of a stream that is stopped in the middle, or whose listener fails', async () => {
      const abort = new AbortController()
      endpoint.answer(SAID, SAID)
      await assert.rejects(ask({ signal: abort.signal, onText: () => abort.abort(new Error('enough')) }))
      await assert.rejects(
        ask({
          onText: () => {
            throw new Error('nobody listens')
          }
        }),
        /nobody listens/
      )
      const reported = provider.anthropic ? { ...USAGE, output: 1 } : { input: 0, cached: 0, output: 0, reasoning: 0 }
      assert.deepEqual(told, Array(2).fill({ ...reported, calls: 1 }))
    })

    for (const [what, args] of [
      ['in a fence', '```json\n{"path":"a"}\n```'],
      ['made JSON twice', '"{\\"path\\":\\"a\\"}"'],
      ['with a comma too many', '{"path":"a",}']
    ] as const) {
      it(`understands a call whose name and arguments have slips (${what}), and takes it as history`, async () => {
        endpoint.answer({ calls: [{ id: 'call_a', name: 'Read', args }] }, { text: 'done' })
        const port = metered(provider.connect(endpoint.url))
        const request = { tools: TOOLS, config: {}, onText: () => {} }
        const { message } = await port.reply(HI, request)
        assert.deepEqual(message.tool_calls, [{ id: 'call_a', name: 'read', args: { path: 'a' }, type: 'tool_call' }])
        assert.equal(message.additional_kwargs.malformed, undefined)
        const history = [...HI, message, new ToolMessage({ tool_call_id: 'call_a', content: 'fine' })]
        assert.equal((await port.reply(history, request)).message.text, 'done')
      })
    }
  })
}
