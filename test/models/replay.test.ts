import assert from 'node:assert/strict'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { AIMessage, type BaseMessage, HumanMessage, SystemMessage, ToolMessage } from '@langchain/core/messages'
import { ChatOpenAI } from '@langchain/openai'
import { afterEach, beforeEach, describe, it } from 'vitest'
import { metered } from '../../models/metered.ts'
import { record } from '../../models/record.ts'
import { replay } from '../../models/replay.ts'
import { scripted } from '../../models/scripted.ts'
import type { ToolSpec } from '../../state/context.ts'
import { providerEndpoint } from '../support/provider-endpoint.ts'

const READ: readonly ToolSpec[] = [{ name: 'read', description: 'Reads', schema: { type: 'object', properties: {} } }]
const SECRET = 'sk-very-secret'

let folder: string
let path: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'deputy-replay-'))
  path = join(folder, 'deep', 'run.jsonl')
})
afterEach(() => rm(folder, { recursive: true }))

const hi = (text = 'hi'): BaseMessage[] => [new SystemMessage('You are brief.'), new HumanMessage(text)]
const bare = { tools: [], config: {} }

/** One call of a tool and its result, with ids as random as a provider's. */
function step(callId: string, result = 'contents'): BaseMessage[] {
  return [
    ...hi(),
    new AIMessage({ id: `m-${callId}`, content: '', tool_calls: [{ id: callId, name: 'read', args: { a: 1, b: 2 } }] }),
    new ToolMessage({ id: `t-${callId}`, tool_call_id: callId, name: 'read', content: result })
  ]
}

describe('record and replay', () => {
  for (const streaming of [true, false]) {
    it(`play a provider's replies again without it, ${streaming ? 'streamed' : 'whole'}`, async () => {
      const endpoint = await providerEndpoint(
        { text: 'I read.', calls: [{ id: 'call_a', name: 'read', args: '{"path":"a"}' }], usage: USAGE },
        { text: 'Done.' }
      )
      const real = new ChatOpenAI({
        model: 'gpt-5-mini',
        apiKey: SECRET,
        configuration: { baseURL: `${endpoint.url}/v1`, defaultHeaders: { 'x-header': SECRET } }
      })
      const heard: string[] = []
      const request = { tools: READ, config: {}, ...(streaming && { onText: (text: string) => void heard.push(text) }) }
      const recorder = metered(record(real, path))
      const first = await recorder.reply(hi(), request)
      const second = await recorder.reply(step('call_a'), request)
      await endpoint.close()

      const saidLive = heard.splice(0).join('')
      const offline = metered(replay(path))
      const replayed = [await offline.reply(hi(), request), await offline.reply(step('call_other'), request)]
      assert.deepEqual(JSON.parse(JSON.stringify(replayed)), JSON.parse(JSON.stringify([first, second])))
      assert.equal(heard.join(''), saidLive)
      assert.ok(!(await readFile(path, 'utf8')).includes(SECRET))
    })
  }

  it('keep arguments that were cut off', async () => {
    const endpoint = await providerEndpoint({ calls: [{ id: 'c', name: 'read', args: '{"path":"a' }] })
    const real = new ChatOpenAI({ model: 'gpt-5-mini', apiKey: 'k', configuration: { baseURL: `${endpoint.url}/v1` } })
    const request = { tools: READ, config: {}, onText: () => {} }
    const live = await metered(record(real, path)).reply(hi(), request)
    await endpoint.close()
    const replayed = await metered(replay(path)).reply(hi(), request)
    assert.deepEqual(replayed.message.additional_kwargs, { malformed: live.message.additional_kwargs.malformed })
    assert.deepEqual(replayed.message.tool_calls?.[0]?.args, {})
  })

  it('serve equal requests in recorded order, and the last reply again', async () => {
    const recorder = metered(record(scripted(['one', 'two']), path))
    for (let time = 0; time < 2; time++) await recorder.reply(hi(), bare)
    const offline = metered(replay(path))
    const texts = []
    for (let time = 0; time < 3; time++) texts.push((await offline.reply(hi(), bare)).message.text)
    assert.deepEqual(texts, ['one', 'two', 'two'])
  })

  it('share a file among many that run side by side', async () => {
    const long = 'x'.repeat(20_000)
    const questions = Array.from({ length: 50 }, (_, index) => `question ${index}`)
    const model = scripted((messages) => `${messages.at(-1)!.text}: ${long}`)
    await Promise.all(questions.map((question) => metered(record(model, path)).reply(hi(question), bare)))
    const offline = metered(replay(path))
    for (const question of questions) {
      assert.equal((await offline.reply(hi(question), bare)).message.text, `${question}: ${long}`)
    }
  })

  it('know a request by its words: ids and the order of keys do not matter, tools do', async () => {
    await metered(record(scripted(['ok']), path)).reply(step('one'), { tools: READ, config: {} })
    const other = step('two')
    const called = other[2] as AIMessage
    called.tool_calls = [{ id: 'two', name: 'read', args: { b: 2, a: 1 } }]
    const offline = metered(replay(path))
    assert.equal((await offline.reply(other, { tools: READ, config: {} })).message.text, 'ok')
    await assert.rejects(offline.reply(other, bare), {
      code: 'REPLAY_MISS',
      message: `${path} holds no reply to this request; recorded reply 1 has the same messages and other tools: recorded read, asked none`
    })
  })

  it('do not record a reply that failed', async () => {
    const recorder = metered(record(scripted([{ error: 'overloaded' }, 'ok']), path))
    await assert.rejects(recorder.reply(hi(), bare))
    await recorder.reply(hi(), bare)
    assert.equal((await metered(replay(path)).reply(hi(), bare)).message.text, 'ok')
  })
})

describe('a miss', () => {
  it('names the nearest request and shows the first message that differs', async () => {
    const recorder = metered(
      record(
        scripted(() => 'ok'),
        path
      )
    )
    await recorder.reply(hi('something else'), bare)
    await recorder.reply(step('one', `${'long '.repeat(100)}and then contents`), bare)
    const asked = step('two', `${'long '.repeat(100)}and then other contents`)
    const missed = await metered(replay(path))
      .reply(asked, bare)
      .catch((error) => error)
    assert.equal(missed.code, 'REPLAY_MISS')
    const [summary, recorded, actual] = missed.message.split('\n')
    assert.equal(
      summary,
      `${path} holds no reply to this request; nearest is recorded reply 2, which differs from message 3 on`
    )
    assert.match(recorded, /^ {2}recorded: tool: ….*long and then contents/)
    assert.match(actual, /^ {2}asked: {4}tool: ….*long and then other contents/)
    assert.ok(recorded.length < 200)
  })

  it('says so where one of the two is longer', async () => {
    await metered(
      record(
        scripted(() => 'ok'),
        path
      )
    ).reply(hi(), bare)
    await assert.rejects(metered(replay(path)).reply([...hi(), new HumanMessage('and?')], bare), (error: Error) => {
      assert.match(error.message, /differs from message 2 on\n {2}recorded: \(no message.*\n {2}asked: {4}human: and\?/)
      return true
    })
  })

  it('is a missing file, an empty one, and a line that is no recording', async () => {
    assert.throws(() => replay(join(folder, 'none.jsonl')), { code: 'REPLAY_MISS', message: /none\.jsonl/ })
    const broken = join(folder, 'broken.jsonl')
    await writeFile(broken, '\n{"request":')
    assert.throws(() => replay(broken), { code: 'REPLAY_MISS', message: `${broken}: line 2 is no recorded reply` })
    await writeFile(broken, '')
    await assert.rejects(replay(broken).invoke(hi()), {
      code: 'REPLAY_MISS',
      message: `${broken} holds no recorded reply`
    })
  })
})

const USAGE = { input: 100, cached: 60, output: 20, reasoning: 5 }
