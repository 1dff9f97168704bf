import { assert, describe, it } from 'vitest'
import { framed, unframed } from '../../../tools/diagnostics/lsp/framing.ts'

describe('messages of a language server', () => {
  const messages = [{ text: 'Grüße 世界 👩‍🚀 \r\n\r\n' }, { id: 1 }, { list: [{}, []] }]
  const bytes = Buffer.concat(messages.map(framed))

  it('are the same, cut at any byte', () => {
    for (let at = 0; at <= bytes.length; at++) {
      const heard: unknown[] = []
      const take = unframed((message) => heard.push(message))
      take(bytes.subarray(0, at))
      take(bytes.subarray(at))
      assert.deepEqual(heard, messages, `cut at ${at}`)
    }
    const heard: unknown[] = []
    const take = unframed((message) => heard.push(message))
    for (const byte of bytes) take(Buffer.from([byte]))
    assert.deepEqual(heard, messages)
  })

  it('are refused where they are none', () => {
    for (const bad of ['x'.repeat(10_000), 'Content-Type: x\r\n\r\n', 'Content-Length: 99999999999\r\n\r\n'])
      assert.throws(() => unframed(() => {})(Buffer.from(bad)))
  })
})
