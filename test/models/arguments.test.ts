import fc from 'fast-check'
import { assert, describe, it } from 'vitest'
import { parseArguments } from '../../models/arguments.ts'

const key = fc.string().filter((name) => name !== '__proto__')
const objects = fc.dictionary(key, fc.jsonValue())

/** Ways to write JSON that are none, and mean the same. */
const SLIPS: Readonly<Record<string, (args: object) => string>> = {
  'in a fence': (args) => `\`\`\`json\n${JSON.stringify(args, null, 2)}\n\`\`\`\n`,
  'in a fence without a name': (args) => `\`\`\`${JSON.stringify(args)}\`\`\``,
  'as a string of JSON': (args) => JSON.stringify(JSON.stringify(args)),
  'as a string of JSON in a fence': (args) => `\`\`\`json\n${JSON.stringify(JSON.stringify(args))}\n\`\`\``,
  'with a comma behind the last of everything': (args) => written(args, { last: ', \n' }),
  'with the words of Python': (args) => written(args, { words: { true: 'True', false: 'False', null: 'None' } }),
  'with breaks as they are': (args) => written(args, { breaks: true })
}

interface Manner {
  readonly last?: string
  readonly words?: Readonly<Record<string, string>>
  readonly breaks?: boolean
}

/** JSON as somebody writes it who has not quite learned it. */
function written(value: unknown, manner: Manner): string {
  const { last = '', words = {}, breaks = false } = manner
  if (Array.isArray(value)) return `[${value.map((part) => written(part, manner)).join()}${value.length ? last : ''}]`
  if (typeof value === 'object' && value !== null) {
    const parts = Object.entries(value).map(([name, part]) => `${written(name, manner)}: ${written(part, manner)}`)
    return `{${parts.join()}${parts.length ? last : ''}}`
  }
  const text = JSON.stringify(value)
  if (typeof value !== 'string') return words[text] ?? text
  return breaks ? text.replace(/\\(.)/g, (escaped, letter) => BREAKS[letter] ?? escaped) : text
}
const BREAKS: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t' }

describe('arguments', () => {
  it('are read as JSON where they are JSON, whatever the strings in them look like', () => {
    const texts = fc.oneof(fc.string(), fc.constantFrom(',]', ', }', 'True', '```json\n{}\n```', '"{}"', '{"a":None,}'))
    fc.assert(
      fc.property(fc.dictionary(key, fc.oneof(texts, fc.jsonValue())), (args) => {
        const text = JSON.stringify(args)
        assert.deepEqual(parseArguments(text), { ok: true, args: JSON.parse(text) })
      })
    )
  })

  for (const [slip, write] of Object.entries(SLIPS)) {
    it(`are understood ${slip}`, () => {
      const rich = {
        n: 1,
        'a,]': [true, [null, 'True, ]'], {}],
        text: 'one\n\ttwo\r\n"three,}" \\n',
        deep: { f: false }
      }
      fc.assert(
        fc.property(objects, (args) => {
          assert.deepEqual(parseArguments(write(args)), { ok: true, args: JSON.parse(JSON.stringify(args)) })
        }),
        { examples: [[rich]] }
      )
    })

    it(`are not completed where they were cut off, ${slip}`, () => {
      fc.assert(
        fc.property(objects, fc.nat(), (args, at) => {
          const text = write(args).trimEnd()
          const cut = text.slice(0, at % text.length)
          if (cut.trim() !== '') assert.isFalse(parseArguments(cut).ok, cut)
        })
      )
    })
  }

  for (const guess of [
    `{'path': 'a'}`,
    '{path: "a"}',
    '{"a": 1 "b": 2}',
    '{"a": 1}{"a": 1}',
    '{"a": NaN}',
    '{"a": undefined}',
    '{"a": 1} // one',
    'Here they are: {"a": 1}',
    '```json\n{"a": 1}\n``` as you wished',
    '```python\n{"a": 1}\n```',
    '{"a": [,]}',
    '{"a": [1,,]}',
    '{,}',
    '{None: 1}',
    '{"a": "x\\\ny"}',
    '"\\"{}\\""',
    '[{"a": 1}]',
    '"a"',
    '""',
    'null'
  ])
    it(`are not guessed from ${JSON.stringify(guess)}`, () => {
      assert.isFalse(parseArguments(guess).ok)
    })

  it('are refused with the words for what was written, not for what was tried', () => {
    const read = parseArguments('```json\n{"path": "a')
    assert.match(read.ok ? '' : read.error, /`/)
  })

  it('that were cut off behind many quotes are refused in the time that reading takes', () => {
    const text = `{"text": "${'\\"a\\"\\n,'.repeat(200_000)}`
    assert.isFalse(parseArguments(text).ok)
    assert.isFalse(parseArguments(`${text}\\`).ok)
  })
})
