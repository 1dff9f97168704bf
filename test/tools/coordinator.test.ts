import { getEventListeners } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { Command, GraphInterrupt, ParentCommand } from '@langchain/langgraph'
import fc from 'fast-check'
import { describe, expect, it, onTestFinished } from 'vitest'
import { z } from 'zod'
import type { ToolRun } from '../../state/context.ts'
import { RuntimeError } from '../../state/errors.ts'
import { type CoordinatorLimits, coordinator } from '../../tools/coordinator.ts'
import { readOutput } from '../../tools/read-output.ts'
import type { StartTimer } from '../../tools/time-limit.ts'
import { type Tool, tool } from '../../tools/tool.ts'
import { memoryOutputs, toolRun } from '../support/tool-run.ts'

type Init = Partial<Pick<Tool, 'effect' | 'timeoutMs' | 'writes'>>
const call = (args: Record<string, unknown> = {}, id = 'call') => ({ id, name: 'work', args })
const forever = () => new Promise<never>(() => {})

function work(run: Tool['run'], init: Init = {}): Tool {
  return tool({ name: 'work', description: '', effect: 'once', ...init, args: z.looseObject({}), run })
}

function running(work: Tool, limits?: CoordinatorLimits) {
  return coordinator(new Map([work, readOutput].map((tool) => [tool.name, tool])), limits)
}

/** Timers that fire when told, and that know whether they were cleared. */
function handTimers() {
  const pending = new Set<() => void>()
  const asked: number[] = []
  const timer: StartTimer = (fire, ms) => {
    asked.push(ms)
    pending.add(fire)
    return () => void pending.delete(fire)
  }
  return { timer, asked, pending, fire: () => pending.forEach((fire) => void fire()) }
}

/** What would have been reported as unhandled, also a moment after the test has what it wants. */
function unhandled(): unknown[] {
  const seen: unknown[] = []
  const listener = (reason: unknown) => void seen.push(reason)
  process.on('unhandledRejection', listener)
  onTestFinished(() => void process.off('unhandledRejection', listener))
  return seen
}

describe('a call that goes well', () => {
  it('gives its output, and nothing else', async () => {
    expect(await running(work(async () => 'done'))(call(), toolRun())).toEqual({ ok: true, output: 'done' })
  })

  it('gives the fields that the tool declared', async () => {
    const declared = work(async () => ({ output: 'noted', update: { todos: [1] } }), { writes: ['todos'] })
    expect(await running(declared)(call(), toolRun())).toEqual({ ok: true, output: 'noted', update: { todos: [1] } })
  })

  it('hears its id, its world and a signal', async () => {
    const world = toolRun({ workspace: '/there', threadId: 'mine' })
    let heard: (ToolRun & { callId: string }) | undefined
    const listening = work(async (_args, run) => {
      heard = run
      return ''
    })
    await running(listening)(call({}, 'call-7'), world)
    expect(heard).toMatchObject({ callId: 'call-7', workspace: '/there', threadId: 'mine' })
    expect(heard?.signal.aborted).toBe(false)
    expect(heard?.outputs).toBe(world.outputs)
  })

  it('side by side with others keeps its place, whoever is done first', async () => {
    const slowestFirst = work(async ({ ms }) => sleep(Number(ms), `slept ${ms}`))
    const run = running(slowestFirst)
    const results = await Promise.all([15, 1, 8].map((ms, index) => run(call({ ms }, `call-${index}`), toolRun())))
    expect(results.map((result) => result.ok && result.output)).toEqual(['slept 15', 'slept 1', 'slept 8'])
  })
})

describe('a call that goes wrong is a value', () => {
  it('when there is no such tool', async () => {
    const result = await running(work(async () => ''))({ ...call(), name: 'play' }, toolRun())
    expect(result).toEqual({ ok: false, error: { code: 'UNKNOWN_TOOL', message: 'there is no tool "play"' } })
  })

  it('when its arguments, as somebody edited them, do not fit; then nothing runs', async () => {
    let ran = false
    const strict = tool({
      name: 'work',
      description: '',
      effect: 'once',
      args: z.object({ path: z.string() }),
      run: async () => {
        ran = true
        return ''
      }
    })
    const result = await running(strict)(call({ path: 1 }), toolRun())
    expect(result).toMatchObject({
      ok: false,
      error: { code: 'BAD_ARGUMENTS', message: expect.stringContaining('path') }
    })
    expect(ran).toBe(false)
  })

  it('when it throws', async () => {
    const throwing = work(async () => {
      throw new Error('no such file')
    })
    expect(await running(throwing)(call(), toolRun())).toEqual({
      ok: false,
      error: { code: 'TOOL_FAILED', message: 'no such file' }
    })
  })

  it('when it throws before it has given a promise', async () => {
    const hasty = work(() => {
      throw new Error('at once')
    })
    expect(await running(hasty)(call(), toolRun())).toMatchObject({ ok: false, error: { message: 'at once' } })
  })

  it('when it throws something that is no error', async () => {
    const thrown = fc.oneof(fc.string(), fc.integer(), fc.constantFrom(null, undefined, { toString: 1 }), fc.anything())
    await fc.assert(
      fc.asyncProperty(thrown, async (value) => {
        const result = await running(work(() => Promise.reject(value)))(call(), toolRun())
        expect(result).toMatchObject({ ok: false, error: { code: 'TOOL_FAILED' } })
      })
    )
  })

  it('with the code of an error of ours', async () => {
    const escaping = work(async () => {
      throw new RuntimeError('WORKSPACE_ESCAPE', 'out there')
    })
    expect(await running(escaping)(call(), toolRun())).toEqual({
      ok: false,
      error: { code: 'WORKSPACE_ESCAPE', message: 'out there' }
    })
  })

  it('when it writes a field that it did not declare', async () => {
    const sly = work(async () => ({ output: '', update: { todos: [], ledger: [] } }), { writes: ['todos'] })
    expect(await running(sly)(call(), toolRun())).toMatchObject({
      ok: false,
      error: { code: 'TOOL_FAILED', message: expect.stringContaining('"ledger"') }
    })
  })

  it('when it hangs, deaf to its signal', async () => {
    const result = await running(work(forever, { timeoutMs: 5 }))(call(), toolRun())
    expect(result).toEqual({
      ok: false,
      error: { code: 'TOOL_TIMEOUT', message: 'work was not done after 5 ms; whether it had an effect is not known' }
    })
  })
})

describe('the time limit', () => {
  it('aborts the signal of the tool', async () => {
    const time = handTimers()
    let heard: AbortSignal | undefined
    const hanging = work(
      (_args, { signal }) => {
        heard = signal
        return forever()
      },
      { timeoutMs: 700, effect: 'read' }
    )
    const result = running(hanging, { timer: time.timer })(call(), toolRun())
    expect(time.asked).toEqual([700])
    time.fire()
    expect(await result).toEqual({
      ok: false,
      error: { code: 'TOOL_TIMEOUT', message: 'work was not done after 700 ms' }
    })
    expect(heard?.reason).toMatchObject({ code: 'TOOL_TIMEOUT' })
  })

  it('stands although the tool then ends by an abort of its own', async () => {
    const time = handTimers()
    const listening = work((_args, { signal }) => sleep(60_000, '', { signal }))
    const result = running(listening, { timer: time.timer })(call(), toolRun())
    time.fire()
    expect(await result).toMatchObject({ ok: false, error: { code: 'TOOL_TIMEOUT' } })
  })

  it('leaves no rejection unhandled when the tool fails later', async () => {
    const seen = unhandled()
    const time = handTimers()
    let failLate = (_error: Error) => {}
    const late = work(() => new Promise((_resolve, reject) => (failLate = reject)))
    const result = running(late, { timer: time.timer })(call(), toolRun())
    time.fire()
    await result
    failLate(new Error('too late'))
    await sleep(5)
    expect(seen).toEqual([])
  })

  it.each<[string, () => Promise<string>]>([
    ['goes well', async () => 'done'],
    ['fails', () => Promise.reject(new Error('no'))],
    [
      'throws at once',
      () => {
        throw new Error('no')
      }
    ]
  ])('is cleared when the tool %s', async (_case, run) => {
    const time = handTimers()
    await running(work(run), { timer: time.timer })(call(), toolRun())
    expect(time.asked).toHaveLength(1)
    expect(time.pending.size).toBe(0)
  })

  it('is cleared when the run is stopped and when time is over', async () => {
    const time = handTimers()
    const stop = new AbortController()
    const run = running(work(forever), { timer: time.timer })
    const stopped = run(call(), toolRun({ signal: stop.signal }))
    stop.abort(new Error('cancelled'))
    await expect(stopped).rejects.toThrow('cancelled')
    expect(time.pending.size).toBe(0)
    const overdue = run(call(), toolRun())
    time.fire()
    await overdue
    expect(time.pending.size).toBe(0)
  })

  it('may be longer than a timer of Node can be', async () => {
    const slow = work(() => sleep(5, 'done'), { timeoutMs: Number.POSITIVE_INFINITY })
    expect(await running(slow)(call(), toolRun())).toEqual({ ok: true, output: 'done' })
  })
})

describe('a control-flow signal', () => {
  it.each([
    ['an interrupt', new GraphInterrupt([{ id: 'a', value: 'which?' }])],
    ['a command for the parent graph', new ParentCommand(new Command({}))]
  ])('such as %s passes through untouched', async (_case, bubble) => {
    const run = running(work(() => Promise.reject(bubble)))
    await expect(run(call(), toolRun())).rejects.toBe(bubble)
  })

  it('that stops the run is thrown as it is, also from a tool that is deaf to it', async () => {
    const reason = new Error('cancelled')
    for (const run of [forever, (_args: unknown, { signal }: ToolRun) => sleep(60_000, '', { signal })]) {
      const stop = new AbortController()
      const result = running(work(run))(call(), toolRun({ signal: stop.signal }))
      stop.abort(reason)
      await expect(result).rejects.toBe(reason)
    }
  })

  it('that came before the call keeps it from running', async () => {
    let ran = false
    const noting = work(async () => {
      ran = true
      return ''
    })
    const result = running(noting)(call(), toolRun({ signal: AbortSignal.abort('gone') }))
    await expect(result).rejects.toBe('gone')
    expect(ran).toBe(false)
  })

  it('does not undo a result that was there before', async () => {
    const stop = new AbortController()
    const outputs = { ...memoryOutputs(), put: async () => stop.abort() }
    const run = running(
      work(async () => 'done'),
      { output: 2 }
    )
    expect(await run(call(), toolRun({ signal: stop.signal, outputs }))).toMatchObject({ ok: true })
  })

  it('is listened for by any number of calls at once, and by none once they are over', async () => {
    const warnings: Error[] = []
    const listener = (warning: Error) => void warnings.push(warning)
    process.on('warning', listener)
    onTestFinished(() => void process.off('warning', listener))
    const { signal } = new AbortController()
    let release = () => {}
    const gate = new Promise<string>((resolve) => {
      release = () => resolve('done')
    })
    const run = running(work(() => gate))
    const results = Array.from({ length: 50 }, () => run(call(), toolRun({ signal })))
    expect(getEventListeners(signal, 'abort')).toHaveLength(50)
    release()
    await Promise.all(results)
    expect(getEventListeners(signal, 'abort')).toHaveLength(0)
    await sleep(1)
    expect(warnings).toEqual([])
  })
})

describe('a long output', () => {
  const long = (text: string) => work(async () => text)

  it('up to the limit is shown whole', async () => {
    const text = 'x'.repeat(30_000)
    expect(await running(long(text))(call(), toolRun())).toEqual({ ok: true, output: text })
  })

  it('over the limit keeps head and tail and says what is missing and how to read it', async () => {
    const text = `${'a'.repeat(60)}${'b'.repeat(100)}${'c'.repeat(40)}`
    const result = await running(long(text), { output: 100 })(call({}, 'call-9'), toolRun())
    expect(result).toEqual({
      ok: true,
      cut: { total: 200 },
      output: `${'a'.repeat(60)}\n[100 of 200 characters left out; read_output with call_id "call-9" and offset 60 reads on]\n${'c'.repeat(40)}`
    })
  })

  it('is kept whole for its thread before the result is there', async () => {
    const outputs = memoryOutputs()
    await running(long('z'.repeat(500)), { output: 100 })(call(), toolRun({ outputs }))
    expect(await outputs.get({ threadId: 'thread', toolCallId: 'call' })).toBe('z'.repeat(500))
    expect(await outputs.get({ threadId: 'other', toolCallId: 'call' })).toBeUndefined()
  })

  it('is a result also where the whole cannot be kept', async () => {
    const outputs = { ...memoryOutputs(), put: () => Promise.reject(new Error('disk full')) }
    const result = await running(long('z'.repeat(500)), { output: 100 })(call(), toolRun({ outputs }))
    expect(result).toMatchObject({
      ok: true,
      output: expect.stringContaining('could not be kept: STORE_UNAVAILABLE: disk full')
    })
    expect(result).not.toHaveProperty('cut')
  })

  it('of an error is shortened as well', async () => {
    const outputs = memoryOutputs()
    const failing = work(() => Promise.reject(new Error('e'.repeat(500))))
    const result = await running(failing, { output: 100 })(call(), toolRun({ outputs }))
    expect(result).toMatchObject({
      ok: false,
      error: { message: expect.stringContaining('400 of 500 characters left out') }
    })
    expect(await outputs.get({ threadId: 'thread', toolCallId: 'call' })).toBe('e'.repeat(500))
  })

  it('can be put together again from head, read_output and tail, and splits no character', async () => {
    const texts = fc.string({
      unit: fc.constantFrom('a', 'é', '😀', '𝒳', '\n', '👨‍👩‍👧'),
      minLength: 210,
      maxLength: 900
    })
    await fc.assert(
      fc.asyncProperty(
        texts,
        fc.integer({ min: 1, max: 200 }),
        fc.integer({ min: 100, max: 150 }),
        async (text, output, limit) => {
          const world = toolRun()
          const result = await running(long(text), { output })(call(), world)
          if (!result.ok) throw new Error(result.error.message)
          const { head, left, tail } = partsOf(result.output)
          expect(isWellFormed(result.output)).toBe(true)
          expect(head.length + tail.length).toBeLessThanOrEqual(output)
          expect(head.length + left + tail.length).toBe(text.length)
          let middle = ''
          while (middle.length < left) middle += await readPart({ offset: head.length + middle.length, limit }, world)
          expect(head + middle.slice(0, left) + tail).toBe(text)
        }
      )
    )
  })
})

function partsOf(output: string): { head: string; left: number; tail: string } {
  const [line, left] = /\n\[(\d+) of \d+ characters left out; [^\]]*\]\n/.exec(output) ?? []
  const [head, tail] = output.split(line!)
  return { head: head!, left: Number(left), tail: tail! }
}

async function readPart(args: { offset: number; limit: number }, world: ToolRun): Promise<string> {
  const run = coordinator(new Map([[readOutput.name, readOutput]]))
  const result = await run({ id: 'reading', name: 'read_output', args: { call_id: 'call', ...args } }, world)
  if (!result.ok) throw new Error(result.error.message)
  expect(isWellFormed(result.output)).toBe(true)
  return result.output.slice(0, result.output.lastIndexOf('\n['))
}

function isWellFormed(text: string): boolean {
  return !/\p{Surrogate}/u.test(text)
}
