import fc from 'fast-check'
import { assert, describe, it } from 'vitest'
import { discreet, without } from '../../../tools/mcp/oauth/discreet.ts'

const fetching = (headers: Record<string, string>, said: string) =>
  discreet(async () => new Response(said))('https://a.example/', { headers }).then((response) => response.text())

describe('what authorizes a request', () => {
  it('is taken out of the answer', async () => {
    const headers = { authorization: 'Bearer token-of-alice', 'x-api-key': 'key-of-alice' }
    const said = 'you are token-of-alice, with key-of-alice'
    assert.equal(await fetching(headers, said), 'you are **************, with ************')
  })

  it('is no other header, and nothing that is too short to be a secret', async () => {
    const headers = { 'x-project': 'repositories', 'mcp-param-token': 'an argument', 'x-key': 'true' }
    assert.equal(await fetching(headers, 'repositories: an argument, true'), 'repositories: an argument, true')
  })

  it('is found wherever a stream is cut, and all else comes through as it was', async () => {
    const texts = fc.array(fc.constantFrom('a', 'b', 'ü', 'aab', '\n'), { maxLength: 30 })
    await fc.assert(
      fc.asyncProperty(texts, fc.array(fc.nat(60)), async (parts, cuts) => {
        const bytes = Buffer.from(parts.join(''))
        const places = [0, ...cuts.map((cut) => Math.min(cut, bytes.length)).sort((a, b) => a - b), bytes.length]
        const chunks = places.slice(1).map((to, index) => bytes.subarray(places[index], to))
        const read = async (pieces: readonly Uint8Array[]) =>
          new Response(ReadableStream.from(pieces).pipeThrough(without(['aab']))).text()
        assert.equal(await read(chunks), parts.join('').replaceAll('aab', '***'))
      })
    )
  })

  it('holds no event back that has ended', async () => {
    const { readable, writable } = without(['token-of-alice'])
    const writer = writable.getWriter()
    void writer.write(Buffer.from('data: token-of-al'))
    void writer.write(Buffer.from('ice, token\n\n'))
    const reader = readable.getReader()
    const first = await reader.read()
    const second = await reader.read()
    assert.equal(Buffer.concat([first.value!, second.value!]).toString(), 'data: **************, token\n\n')
  })
})
