// What providers cache is the beginning of a request. On what a real client sends: the beginning of each request is the one
// before it, byte by byte.
import { afterEach, assert, beforeEach, describe, it } from 'vitest'
import { z } from 'zod'
import { openStore } from '../../checkpointers/open.ts'
import { defineAgent } from '../../prebuilt/define-agent.ts'
import { agentRuntime } from '../../runtime/agent-runtime.ts'
import { allow } from '../../state/remit.ts'
import { toolLayers } from '../../tools/layers.ts'
import { type Tool, tool } from '../../tools/tool.ts'
import { type ProviderEndpoint, providerEndpoint } from '../support/provider-endpoint.ts'
import { PROVIDERS } from '../support/providers.ts'

const STEPS = 6

const named = (name: string): Tool =>
  tool({
    name,
    description: `does ${name}`,
    effect: 'read',
    args: z.object({
      at: z.number(),
      with: z.object({ b: z.string().optional(), a: z.string().optional() }).optional()
    }),
    run: async ({ at }) => `${name} ${at}`
  })

for (const provider of PROVIDERS)
  describe(`what ${provider.name} is sent`, () => {
    let endpoint: ProviderEndpoint
    beforeEach(async () => {
      endpoint = await providerEndpoint()
    })
    afterEach(() => endpoint.close())

    /** System, tools and messages of each request, in the wire format of the provider. */
    const sent = () =>
      endpoint.requests.map(({ body }) => {
        const { system, instructions, tools, messages, input } = body as Record<string, unknown>
        return { head: JSON.stringify([system, instructions, tools]), said: (messages ?? input) as unknown[] }
      })

    it('begins with what it was sent before, though tools are put on anew, listed otherwise, at every step', async () => {
      const layers = toolLayers([named('m')])
      const server = ['z', 'a', 'k'].map(named)
      let go = layers.add(server)
      const reloading = tool({
        name: 'reload',
        description: 'Reloads.',
        effect: 'read',
        args: z.object({}),
        async run() {
          go()
          go = layers.add(server.reverse().map(({ name }) => named(name)))
          return 'reloaded'
        }
      })
      layers.add([reloading])
      const agent = defineAgent({
        name: 'agent',
        prompt: 'You work.',
        tools: layers,
        remit: [allow('*')],
        limits: { steps: STEPS },
        model: provider.connect(endpoint.url)
      })
      for (let at = 0; at < STEPS; at++)
        endpoint.answer({
          calls: [
            { id: `call_${at}_0`, name: 'reload', args: '{}' },
            { id: `call_${at}_1`, name: 'k', args: JSON.stringify({ at }) }
          ]
        })
      endpoint.answer({ text: 'done' })
      const runtime = agentRuntime({ store: await openStore('memory:'), agents: [agent] })
      await runtime.startTurn({ agent: 'agent', input: 'go' })

      const requests = sent()
      assert.lengthOf(requests, STEPS + 1)
      for (const [at, { head, said }] of requests.entries()) {
        assert.equal(head, requests[0]!.head, 'the tools too, also in the last one, which may call none')
        const before = (requests[at - 1]?.said ?? []).map(unmarked)
        assert.deepEqual(said.slice(0, before.length).map(unmarked), before)
      }
    })
  })

/** As bytes, without the marks that say where the provider's cache is to end: these move on. */
function unmarked(message: unknown): string {
  return JSON.stringify(message, (key, value: unknown) => (key === 'cache_control' ? undefined : value))
}
