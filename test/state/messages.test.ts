import {
  AIMessage,
  type BaseMessage,
  HumanMessage,
  isAIMessage,
  isToolMessage,
  ToolMessage
} from '@langchain/core/messages'
import fc from 'fast-check'
import { assert, describe, it } from 'vitest'
import {
  inView,
  laterView,
  mergeMessages,
  paired,
  repliesThisTurn,
  sizeOf,
  unsettledCalls
} from '../../state/messages.ts'

const calling = (...ids: string[]) =>
  new AIMessage({
    id: `ai-${ids.join('-')}`,
    content: '',
    tool_calls: ids.map((id) => ({ id, name: 'tool', args: {} }))
  })
const result = (id: string, text = id) => new ToolMessage({ id: `result-${id}`, tool_call_id: id, content: text })
const say = (text: string) => new HumanMessage({ id: `human-${text}`, content: text })

/** What every provider asks of a list: behind each message with calls exactly its results, in order, and no others. */
function isValid(messages: readonly BaseMessage[]): boolean {
  const expected: string[] = []
  for (const message of messages) {
    if (isToolMessage(message)) {
      if (expected.shift() !== message.tool_call_id) return false
    } else {
      if (expected.length > 0) return false
      if (isAIMessage(message)) expected.push(...(message.tool_calls ?? []).map(({ id }) => id!))
    }
  }
  return expected.length === 0
}

describe('mergeMessages', () => {
  it('puts results in the order of their calls, whenever each of them comes', () => {
    const list = [say('go'), calling('a', 'b', 'c')]
    const early = mergeMessages(list, [result('c')])
    const all = mergeMessages(mergeMessages(early, [result('a')]), [result('b')])
    assert.deepEqual(
      all.filter(isToolMessage).map(({ text }) => text),
      ['a', 'b', 'c']
    )
  })

  it('leaves the list it was given alone', () => {
    const list = [say('go'), calling('a')]
    mergeMessages(list, [result('a')])
    assert.equal(list.length, 2)
  })
})

describe('paired', () => {
  const anyMessage = fc.oneof(
    fc.constantFrom('a', 'b', 'c', 'd').map((id) => result(id)),
    fc.uniqueArray(fc.constantFrom('a', 'b', 'c', 'd'), { minLength: 1, maxLength: 3 }).map((ids) => calling(...ids)),
    fc.constantFrom('x', 'y').map(say)
  )

  it('makes any list one that every provider accepts', () => {
    fc.assert(fc.property(fc.array(anyMessage), (messages) => isValid(paired(messages))))
  })

  it('gives a valid list back as it is', () => {
    const valid = [say('x'), calling('a', 'b'), result('a'), result('b'), new AIMessage('done')]
    assert.equal(paired(valid), valid)
  })

  it('answers a call whose run is gone, and leaves out a result that nobody asked for', () => {
    const repaired = paired([say('x'), calling('a', 'b'), result('b'), result('z'), say('y')])
    assert.deepEqual(
      repaired.map((message) => message.text.split(':')[0]),
      ['x', '', 'RUN_CANCELLED', 'b', 'y']
    )
  })
})

describe('the view', () => {
  const thread = (turns: number) =>
    Array.from({ length: turns }, (_, turn) => [
      say(`question ${turn}`),
      calling(`c${turn}`),
      result(`c${turn}`, 'x'.repeat(50))
    ]).flat()

  it('fits its size after one move, begins where a person speaks, and parts no result from its call', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 300, max: 2000 }), (turns, size) => {
        const messages = thread(turns)
        const from = laterView(messages, { from: undefined, size })
        const view = inView(messages, from)
        assert.ok(view[0]?.getType() === 'human')
        assert.ok(isValid(view))
        assert.isUndefined(laterView(messages, { from, size }))
        assert.isAtMost(
          view.reduce((sum, message) => sum + sizeOf(message), 0),
          size
        )
      })
    )
  })

  it('keeps what cannot be cut further', () => {
    const messages = [say('x'.repeat(1000))]
    assert.isUndefined(laterView(messages, { from: undefined, size: 10 }))
  })
})

describe('the present step', () => {
  it('knows the calls without a result, in order, and those of no earlier step', () => {
    const messages = [calling('old'), say('x'), calling('a', 'b', 'c'), result('b')]
    assert.deepEqual(
      unsettledCalls(messages).map(({ id }) => id),
      ['a', 'c']
    )
    assert.deepEqual(unsettledCalls([...messages, result('a'), result('c')]), [])
  })

  it('counts the replies since somebody spoke', () => {
    assert.equal(repliesThisTurn([calling('a'), say('x'), calling('b'), result('b'), calling('c')]), 2)
  })
})
