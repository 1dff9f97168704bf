import assert from 'node:assert/strict'
import { describe, it } from 'vitest'
import { allowedHosts } from '../../../tools/sandbox/allowed-hosts.ts'

/** Whether a host is among those that may be reached, wherever it leads. */
async function isAmong(entries: readonly string[], host: string, port = 443): Promise<boolean> {
  const resolved = await allowedHosts(entries).resolve({ host, port })
  return 'address' in resolved || !/not among/.test(resolved.refused)
}

describe('the hosts that may be reached', () => {
  it('are compared whole, without regard to capitals and the last dot', async () => {
    assert.equal(await isAmong(['a.invalid'], 'A.invalid.'), true)
    for (const other of ['ba.invalid', 'a.invalid.evil.invalid', 'sub.a.invalid', 'invalid'])
      assert.equal(await isAmong(['a.invalid'], other), false, other)
  })

  it('can be all below one', async () => {
    assert.equal(await isAmong(['*.a.invalid'], 'x.y.a.invalid'), true)
    for (const other of ['a.invalid', 'xa.invalid', 'a.invalid.b'])
      assert.equal(await isAmong(['*.a.invalid'], other), false)
  })

  it('are reached at the usual ports, or at the one that is named', async () => {
    const ports = async (entry: string) =>
      (
        await Promise.all(
          [22, 80, 443, 8080].map(async (port) => ((await isAmong([entry], 'a.invalid', port)) ? port : 0))
        )
      ).filter(Boolean)
    assert.deepEqual(await ports('a.invalid'), [80, 443])
    assert.deepEqual(await ports('a.invalid:8080'), [8080])
    assert.deepEqual(await ports('a.invalid:80'), [80])
  })

  it('do not lead into this machine, save where that is what an entry says', async () => {
    assert.deepEqual(await allowedHosts(['127.0.0.1']).resolve({ host: '127.0.0.1', port: 80 }), {
      address: '127.0.0.1'
    })
    assert.ok('address' in (await allowedHosts(['[::1]']).resolve({ host: '[::1]', port: 80 })))
    const led = await allowedHosts(['*.localhost']).resolve({ host: 'evil.localhost', port: 80 })
    assert.match('refused' in led ? led.refused : '', /leads to an address of this machine|is not known/)
  })

  it('are refused where they are no hosts', () => {
    for (const entry of ['', 'a b', 'http://a', 'a/path', 'user@a', '*', 'a*b.org', 'a?b'])
      assert.throws(() => allowedHosts([entry]), { code: 'BAD_ARGUMENTS' }, entry)
  })
})
