import { setTimeout as sleep } from 'node:timers/promises'
import { tool as langchainTool, Tool as StringTool } from '@langchain/core/tools'
import { Command } from '@langchain/langgraph'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { toolset } from '../../tools/registry.ts'
import { fromLangChain, type LangChainTool, type WrapOptions } from '../../tools/wrap-langchain.ts'
import { toolRun } from '../support/tool-run.ts'

const args = z.object({ a: z.number(), b: z.number().default(2) })
const add = langchainTool(async ({ a, b }: z.infer<typeof args>) => `${a + b}`, {
  name: 'add',
  description: 'adds',
  schema: args
})

function using(wrapped: LangChainTool, options?: WrapOptions) {
  const set = toolset({ tools: [fromLangChain(wrapped, options)] })
  return (args: Record<string, unknown>, signal = new AbortController().signal) =>
    set.run({ id: 'call', name: wrapped.name, args }, toolRun({ signal }))
}

describe('a LangChain tool', () => {
  it('keeps its name, its words and its schema', () => {
    const wrapped = fromLangChain(add)
    expect(wrapped).toMatchObject({ name: 'add', description: 'adds', effect: 'once', writes: [] })
    expect(wrapped.schema).toMatchObject({ type: 'object', required: ['a'], properties: { b: { default: 2 } } })
    expect(fromLangChain(add, { effect: 'read', timeoutMs: 5 })).toMatchObject({ effect: 'read', timeoutMs: 5 })
  })

  it('runs with arguments that its zod schema completes', async () => {
    expect(await using(add)({ a: 1 })).toEqual({ ok: true, output: '3' })
  })

  it('answers arguments that do not fit in the words of zod', async () => {
    expect(fromLangChain(add).parse({ a: 'one' })).toEqual({
      ok: false,
      error: expect.stringContaining('expected number')
    })
    expect(await using(add)({})).toMatchObject({ ok: false, error: { code: 'BAD_ARGUMENTS' } })
  })

  it('may have a schema that transforms', async () => {
    const schema = z.object({ n: z.string().transform(Number) })
    const twice = langchainTool(async ({ n }: z.infer<typeof schema>) => `${n * 2}`, {
      name: 'twice',
      description: '',
      schema
    })
    expect(await using(twice)({ n: '4' })).toEqual({ ok: true, output: '8' })
  })

  it('may have a schema that checks asynchronously', async () => {
    const schema = z.object({ n: z.string().refine(async (text) => text !== 'bad') })
    const echo = langchainTool(async ({ n }: z.infer<typeof schema>) => n, { name: 'echo', description: '', schema })
    expect(await using(echo)({ n: 'good' })).toEqual({ ok: true, output: 'good' })
    expect(await using(echo)({ n: 'bad' })).toMatchObject({ ok: false, error: { code: 'TOOL_FAILED' } })
  })

  it('may be described by JSON schema', async () => {
    const schema = { type: 'object', properties: { name: { type: 'string' } }, required: ['name'] } as const
    const greet = langchainTool(async (input) => `hi ${(input as { name: string }).name}`, {
      name: 'greet',
      description: '',
      schema
    })
    expect(await using(greet)({ name: 'you' })).toEqual({ ok: true, output: 'hi you' })
    expect(await using(greet)({ name: 1 })).toMatchObject({ ok: false, error: { code: 'BAD_ARGUMENTS' } })
  })

  it('may take a single text', async () => {
    class Shout extends StringTool {
      override name = 'shout'
      override description = ''
      protected override async _call(text: string) {
        return text.toUpperCase()
      }
    }
    expect(await using(new Shout())({ input: 'hey' })).toEqual({ ok: true, output: 'HEY' })
  })

  it('gives the text of content blocks', async () => {
    const blocks = langchainTool(async () => [{ type: 'text', text: 'seen' }], {
      name: 'look',
      description: '',
      schema: z.object({})
    })
    expect(await using(blocks)({})).toEqual({ ok: true, output: 'seen' })
  })

  it('that fails or answers with a command is a value', async () => {
    const init = { description: '', schema: z.object({}) }
    const failing = langchainTool(() => Promise.reject(new Error('down')), { name: 'failing', ...init })
    const commanding = langchainTool(async () => new Command({ goto: 'x' }), { name: 'commanding', ...init })
    expect(await using(failing)({})).toEqual({ ok: false, error: { code: 'TOOL_FAILED', message: 'down' } })
    expect(await using(commanding)({})).toMatchObject({ ok: false, error: { code: 'TOOL_FAILED' } })
  })

  it('is stopped by the signal of the run', async () => {
    const stop = new AbortController()
    let heard = false
    const waiting = langchainTool(
      async (_input, config) => {
        config.signal?.addEventListener('abort', () => {
          heard = true
        })
        return sleep(60_000, '', { signal: config.signal! })
      },
      { name: 'waiting', description: '', schema: z.object({}) }
    )
    const result = using(waiting)({}, stop.signal)
    await sleep(2)
    stop.abort(new Error('cancelled'))
    await expect(result).rejects.toThrow('cancelled')
    expect(heard).toBe(true)
  })
})
