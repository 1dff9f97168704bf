import { HumanMessage } from '@langchain/core/messages'
import { assert, it } from 'vitest'
import { metered } from '../../models/metered.ts'
import { streaming } from '../support/streaming-model.ts'

/** A half of a surrogate pair without the other. */
const HALF = /\p{Surrogate}/u

it('tells of the arguments of a call in whole characters, whichever way they were cut', async () => {
  const text = JSON.stringify({ what: '👩‍🚀 👋🏽' })
  const units = Array.from({ length: text.length }, (_, at) => ({ index: 0, args: text[at]! }))
  const told: string[] = []
  const port = metered(streaming(() => [{ index: 0, id: 'c', name: 'note' }, ...units]))
  const onCall = (piece: { kind: string; text?: string }) => void told.push(piece.text ?? '')
  const { message } = await port.reply([new HumanMessage('hi')], { tools: [], config: {}, onCall })
  for (const piece of told) assert.notMatch(piece, HALF)
  assert.equal(told.join(''), text)
  assert.deepEqual(message.tool_calls![0]!.args, JSON.parse(text))
})
