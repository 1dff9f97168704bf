import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { HumanMessage } from '@langchain/core/messages'
import { afterEach, beforeEach, describe, it, vi } from 'vitest'
import { metered } from '../../models/metered.ts'
import { withoutKeys } from '../../models/provider-keys.ts'
import { record } from '../../models/record.ts'
import { connect } from '../../models/router.ts'
import { scripted } from '../../models/scripted.ts'
import { type ProviderEndpoint, providerEndpoint } from '../support/provider-endpoint.ts'

const HI = [new HumanMessage('hi')]
const TOOLS = [{ name: 'read', description: 'Reads', schema: { type: 'object', properties: {} } }]

afterEach(() => void vi.unstubAllEnvs())

async function refusal(model: string): Promise<string> {
  const error = await connect(model).then(
    () => assert.fail(`${model} connected`),
    (thrown) => thrown
  )
  assert.equal(error.code, 'MODEL_MISSING')
  return error.message
}

describe('connect, where something is missing', () => {
  for (const [model, variable, name] of [
    ['openai:gpt-5-mini', 'OPENAI_API_KEY', '@langchain/openai'],
    ['anthropic:claude-sonnet-4-5', 'ANTHROPIC_API_KEY', '@langchain/anthropic']
  ] as const) {
    it(`names ${variable} and its package`, async () => {
      vi.stubEnv(variable, '')
      const message = await refusal(model)
      assert.ok(message.includes(variable) && message.includes(name), message)
    })
  }

  it('names the package, the command that installs it and the variable of its key', async () => {
    assert.equal(
      await refusal('mistralai:mistral-large-latest'),
      'mistralai:mistral-large-latest needs the package @langchain/mistralai: run `npm install @langchain/mistralai`. Its key is read from MISTRAL_API_KEY.'
    )
  })

  it('asks for no key of a provider that has none', async () => {
    assert.equal(
      await refusal('ollama:llama3.3:70b'),
      'ollama:llama3.3:70b needs the package @langchain/ollama: run `npm install @langchain/ollama`.'
    )
  })

  it('never shows a key', () => {
    vi.stubEnv('OPENAI_API_KEY', 'secret')
    assert.equal(withoutKeys('bad key secret for openai', 'openai'), 'bad key $OPENAI_API_KEY for openai')
  })

  for (const model of ['gpt-5-mini', 'nobody:model', 'openai:', '', 'toString:x']) {
    it(`lists the providers for "${model}"`, async () => {
      assert.match(await refusal(model), /providers are openai, anthropic, ollama, .*scripted, replay$/)
    })
  }
})

describe('connect', () => {
  let endpoint: ProviderEndpoint
  beforeEach(async () => {
    endpoint = await providerEndpoint()
    vi.stubEnv('OPENAI_API_KEY', 'local')
    vi.stubEnv('OPENAI_BASE_URL', `${endpoint.url}/v1`)
    vi.stubEnv('ANTHROPIC_API_KEY', 'local')
    vi.stubEnv('ANTHROPIC_BASE_URL', endpoint.url)
  })
  afterEach(() => endpoint.close())

  for (const [model, path] of [
    ['openai:gpt-5-mini', '/v1/chat/completions'],
    ['openai:gpt-5-codex', '/v1/responses'],
    ['anthropic:claude-sonnet-4-5', '/v1/messages']
  ] as const) {
    it(`reaches ${path} for ${model}`, async () => {
      endpoint.answer({ text: 'here', calls: [{ id: 'c', name: 'read', args: '{"path":"a"}' }] })
      const port = metered(() => connect(model))
      const { message } = await port.reply(HI, { tools: TOOLS, config: {}, onText: () => {} })
      assert.equal(message.text, 'here')
      assert.deepEqual(message.tool_calls?.[0]?.args, { path: 'a' })
      assert.equal(endpoint.requests[0]?.path, path)
      assert.equal(endpoint.requests[0]?.body.model, model.split(':')[1])
    })

    for (const onText of [undefined, () => {}])
      it(`leaves it to us to try ${model} again, ${onText ? 'streamed' : 'whole'}`, async () => {
        endpoint.answer({ status: 503, error: 'busy', headers: { 'retry-after': '0' } }, { text: 'too late' })
        const reply = metered(() => connect(model)).reply(HI, { tools: TOOLS, config: {}, ...(onText && { onText }) })
        await assert.rejects(reply, /busy/)
        assert.equal(endpoint.requests.length, 1)
      })
  }
})

describe('connect, offline', () => {
  let folder: string
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'deputy-router-'))
  })
  afterEach(() => rm(folder, { recursive: true }))

  it('plays a script from a file', async () => {
    const path = join(folder, 'script.json')
    await writeFile(path, JSON.stringify(['one', { text: 'two' }]))
    const model = await connect(`scripted:${path}`)
    assert.deepEqual([(await model.invoke(HI)).text, (await model.invoke(HI)).text], ['one', 'two'])
  })

  it('plays a recording', async () => {
    const path = join(folder, 'run.jsonl')
    await record(scripted(['recorded']), path).invoke(HI)
    assert.equal((await (await connect(`replay:${path}`)).invoke(HI)).text, 'recorded')
  })
})
