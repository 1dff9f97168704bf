import { AIMessage, type BaseMessage, HumanMessage, ToolMessage } from '@langchain/core/messages'
import fc from 'fast-check'
import { assert, describe, it } from 'vitest'
import { repetition } from '../../state/loops.ts'
import { cutOutput } from '../../tools/cut-output.ts'

interface Done {
  readonly name: string
  readonly args?: Record<string, unknown>
  readonly result: string
  readonly failed?: boolean
}
type Step = readonly Done[]

const done = (name: string, result: string, args: Record<string, unknown> = {}): Done => ({ name, result, args })
const A = [done('read', 'text of a', { path: 'a' })]
const B = [done('test', '1 failed')]

/** The messages of a turn; `resultsOf` gives the results of a step in the order in which they lie there. */
function turn(steps: readonly Step[], resultsOf = (results: ToolMessage[]) => results): BaseMessage[] {
  let calls = 0
  return [
    new HumanMessage('go'),
    ...steps.flatMap((step) => {
      const made = step.map((call) => ({ ...call, id: `call_${calls++}` }))
      const results = made.map(
        ({ id, result, failed }) =>
          new ToolMessage({ tool_call_id: id, content: result, ...(failed && { status: 'error' as const }) })
      )
      return [
        new AIMessage({ content: 'on it', tool_calls: made.map(({ id, name, args = {} }) => ({ id, name, args })) }),
        ...resultsOf(results)
      ]
    })
  ]
}

const anyCall = fc.record({
  name: fc.constantFrom('read', 'edit', 'test'),
  args: fc.dictionary(fc.string(), fc.nat(2))
})
const anyDone = fc.tuple(anyCall, fc.string()).map(([call, result]) => ({ ...call, result }))
const anyStep = fc.array(anyDone, { minLength: 1, maxLength: 3 })
/** Steps of which no two are the same, however alike their calls are: each result is its own. */
const distinctSteps = (range: { minLength?: number; maxLength: number }) =>
  fc
    .array(anyStep, range)
    .map((steps) => steps.map((step, at) => step.map((call) => ({ ...call, result: `${call.result} ${at}` }))))

describe('repetition', () => {
  it('finds one call that is made three times with one result', () => {
    assert.deepEqual(repetition(turn([B, A, A, A])), {
      calls: [{ name: 'read', args: { path: 'a' } }],
      times: 3,
      period: 1
    })
    assert.isUndefined(repetition(turn([B, A, A])))
  })

  it('finds calls that take turns, and tells them in order', () => {
    const found = repetition(turn([A, B, A, B, A, B]))
    assert.deepEqual(
      found?.calls.map(({ name }) => name),
      ['read', 'test']
    )
    assert.deepEqual([found?.times, found?.period], [3, 2])
    assert.isUndefined(repetition(turn([B, A, B, A, B])))
  })

  it('counts the rounds as they go on', () => {
    assert.deepEqual(
      [3, 4, 7].map((times) => repetition(turn(Array(times).fill(A)))?.times),
      [3, 4, 7]
    )
  })

  it('finds every circle of up to four steps that a turn ends with', () => {
    const circle = distinctSteps({ minLength: 1, maxLength: 4 })
    fc.assert(
      fc.property(distinctSteps({ maxLength: 10 }), circle, fc.integer({ min: 3, max: 5 }), (before, round, times) => {
        const planted = Array.from({ length: times }, () => round).flat()
        const found = repetition(turn([...before, ...planted]))
        assert.deepEqual(
          found?.calls,
          round.flat().map(({ name, args }) => ({ name, args }))
        )
        assert.isAtLeast(found!.times, times)
        assert.equal(found!.period, round.length)
      })
    )
  })

  it('looks for no longer circle', () => {
    const five = ['a', 'b', 'c', 'd', 'e'].map((path) => [done('read', 'the same', { path })])
    assert.isUndefined(repetition(turn([...five, ...five, ...five])))
  })

  it('finds none where no two steps have had the same results', () => {
    fc.assert(fc.property(distinctSteps({ maxLength: 30 }), (steps) => assert.isUndefined(repetition(turn(steps)))))
  })

  it('takes a call whose result changes for polling, however often it is made', () => {
    fc.assert(
      fc.property(anyCall, fc.uniqueArray(fc.string(), { maxLength: 40 }), (call, results) => {
        assert.isUndefined(repetition(turn(results.map((result) => [{ ...call, result }]))))
      })
    )
  })

  it('takes a result that differs in a single digit for another', () => {
    const at = (second: number) => [done('status', `running since 12:00:0${second}`)]
    assert.isUndefined(repetition(turn([at(1), at(2), at(3)])))
  })

  it('tells a result from the same words of a failure', () => {
    const failed = [{ ...A[0]!, failed: true }]
    assert.isUndefined(repetition(turn([failed, A, A])))
    assert.equal(repetition(turn([failed, failed, failed]))?.times, 3)
  })

  it('finds none where the step before the last circle was another, nor where the circle is over', () => {
    assert.isUndefined(repetition(turn([A, A, A, B])))
    assert.isUndefined(repetition(turn([A, A, B, A, A])))
  })

  it('does not depend on the order of calls side by side, of their results, or of the keys of arguments', () => {
    const calls = [done('edit', 'ok', { path: 'a', text: 'x' }), done('edit', 'ok', { path: 'b', text: 'y' }), B[0]!]
    const turnedRound = [done('edit', 'ok', { text: 'x', path: 'a' }), calls[2]!, calls[1]!]
    const any = fc.shuffledSubarray(calls, { minLength: 3 })
    fc.assert(
      fc.property(any, any, fc.infiniteStream(fc.nat(5)), (one, other, chance) => {
        const shuffled = (results: ToolMessage[]) =>
          results
            .map((result) => ({ result, at: chance.next().value as number }))
            .sort((x, y) => x.at - y.at)
            .map(({ result }) => result)
        assert.equal(repetition(turn([one, other, turnedRound], shuffled))?.times, 3)
      })
    )
  })

  it('takes many different calls, in one step or one after the other, for work', () => {
    const edits = Array.from({ length: 12 }, (_, at) => done('edit', 'ok', { path: `${at}.ts` }))
    assert.isUndefined(repetition(turn([edits])))
    assert.isUndefined(repetition(turn(edits.map((edit) => [edit]))))
  })

  it('looks no further back than the present turn, and begins anew where somebody steers', () => {
    const [asked, ...steps] = turn([A, A, A])
    const steer = new HumanMessage({ content: 'look at b', additional_kwargs: { steer: true } })
    for (const said of [asked!, steer]) {
      assert.isUndefined(repetition([asked!, ...steps.slice(0, 4), said, ...steps.slice(4)]))
      assert.equal(repetition([...turn([B]), said, ...steps])?.times, 3)
    }
  })

  it('finds none while a result is missing, nor behind the words that end a turn', () => {
    const messages = turn([A, A, A])
    assert.isUndefined(repetition(messages.slice(0, -1)))
    assert.isUndefined(repetition([...messages, new AIMessage('done')]))
    assert.isUndefined(repetition([]))
  })

  it('knows the same long output again, although each names its own call', () => {
    const long = 'x'.repeat(500)
    const messages = turn([A, A, A]).map((message) =>
      message instanceof ToolMessage
        ? new ToolMessage({
            tool_call_id: message.tool_call_id,
            content: cutOutput(long, { limit: 100, callId: message.tool_call_id })
          })
        : message
    )
    assert.equal(repetition(messages)?.times, 3)
  })

  it('reads no more of a long turn than it needs', () => {
    const messages = turn([...Array(500).fill(A), B, A, B])
    const seen = new Set<string>()
    const watched = new Proxy(messages, {
      get: (list, key, receiver) => {
        if (typeof key === 'string' && /^\d+$/.test(key)) seen.add(key)
        return Reflect.get(list, key, receiver)
      }
    })
    assert.isUndefined(repetition(watched))
    assert.isAtMost(seen.size, 20)
  })
})
