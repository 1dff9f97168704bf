import { assert, describe, it } from 'vitest'
import { slots } from '../../runtime/slots.ts'

const NEVER = new AbortController().signal

describe('places to work in', () => {
  it('are given in the order of asking, as they become free', async () => {
    const places = slots(1)
    const order: string[] = []
    const first = await places.take(NEVER)
    const others = ['b', 'c'].map(async (name) => {
      const place = await places.take(NEVER)
      order.push(name)
      place.free()
      place.free()
    })
    order.push('a')
    first.free()
    await Promise.all(others)
    assert.deepEqual(order, ['a', 'b', 'c'])
  })

  it('are lent to others while their holder waits for them', async () => {
    const places = slots(1)
    const parent = await places.take(NEVER)
    const result = await parent.without(async () => {
      const child = await places.take(NEVER)
      child.free()
      return 'done'
    })
    assert.equal(result, 'done')
    const stop = new AbortController()
    const late = places.take(stop.signal)
    stop.abort(new Error('enough'))
    await late.then(
      () => assert.fail('the parent has it again'),
      (error) => assert.equal(error.message, 'enough')
    )
    parent.free()
    assert.ok(await places.take(NEVER), 'who gave up asking takes none')
  })

  it('are left free by a holder whose waiting fails', async () => {
    const places = slots(1)
    const parent = await places.take(NEVER)
    await parent
      .without(async () => {
        throw new Error('stopped')
      })
      .catch(() => {})
    parent.free()
    ;(await places.take(NEVER)).free()
    assert.ok(await places.take(NEVER))
  })
})
