import { AIMessage, HumanMessage, SystemMessage } from '@langchain/core/messages'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { encode } from '../../checkpointers/encoding.ts'
import { bareIn, bareKindOf } from '../../checkpointers/sharing/bare-messages.ts'
import { learnRow, saidByRow } from '../../checkpointers/sharing/bare-rows.ts'

type Fields = { content: string; id?: string }

const CLASSES = { AIMessage, HumanMessage, SystemMessage }
const textAt = (place: number) => `the text at ${place}`

/** The row of a message whose text lies elsewhere. */
function rowOf(name: string, fields: Fields, place: number): string {
  const message = new CLASSES[name as keyof typeof CLASSES](fields)
  if (!bareKindOf(message)) throw new Error(`${name} is not bare`)
  const elsewhere = { $deputy: 'at', of: place }
  return JSON.stringify(encode(message, { shareText: (text) => (text === fields.content ? elsewhere : text) }))
}

const slowly = (json: string) => bareIn(JSON.parse(json), textAt)

describe.each(Object.keys(CLASSES))('the row of a bare %s', (name) => {
  const learned = rowOf(name, { content: 'some text', id: 'an-id' }, 7)
  learnRow(learned, slowly(learned)!)

  it('is read by the one before it as it is by itself', () => {
    const place = fc.nat({ max: 2 ** 40 })
    const id = fc.oneof(fc.uuid(), fc.stringMatching(/^[\w-]+$/))
    fc.assert(
      fc.property(place, id, (where, id) => {
        const json = rowOf(name, { content: 'some text', id }, where)
        expect(saidByRow(json, textAt)).toEqual(slowly(json))
        expect(saidByRow(json, textAt)).toBeDefined()
      })
    )
  })

  it('is read by itself where its id is anything else, or there is none', () => {
    const json = rowOf(name, { content: 'some text' }, 7)
    expect(saidByRow(json, textAt)).toBeUndefined()
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (id) => {
        const said = saidByRow(rowOf(name, { content: 'some text', id }, 7), textAt)
        expect([undefined, id]).toContain(said?.id)
      })
    )
  })

  it('is read by itself where it is none of them, or its text is none', () => {
    const changed = [
      learned.replace('some', 'any').replace('"an-id"', '"an-id","name":"somebody"'),
      learned.replace('"of":7', '"of":[7]'),
      learned.replace('"of":7', '"of":-7'),
      learned.replace('"of":7', '"of":07'),
      learned.replace('{},', '{"id":"an-id"},'),
      learned.replace('"an-id"', '"an-\\"id"'),
      learned.replace('"an-id"', '["an-id"]'),
      `${learned} `,
      learned.slice(0, -1),
      ''
    ]
    for (const json of changed) {
      expect(json).not.toBe(learned)
      expect(saidByRow(json, textAt)).toBeUndefined()
    }
    expect(saidByRow(learned, () => 7)).toBeUndefined()
  })
})

it('a row that holds another id, or is of another message, teaches nothing', () => {
  const human = rowOf('HumanMessage', { content: 'some text', id: 'an-id' }, 7).replace('HumanMessage', 'OtherMessage')
  const { bare } = slowly(rowOf('HumanMessage', { content: 'some text', id: 'an-id' }, 7))!
  learnRow(human.replace('{},', '{"id":"another"},'), { bare, id: 'an-id' })
  learnRow(human, { bare, id: 'no such id' })
  learnRow(human, { bare, id: undefined })
  learnRow(human.replace('{"$deputy":"at","of":7}', '"short"'), { bare, id: 'an-id' })
  expect(saidByRow(human, textAt)).toBeUndefined()
})
