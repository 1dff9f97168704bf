import fc from 'fast-check'
import { assert, describe, it } from 'vitest'
import { z } from 'zod'
import { editions } from '../../tools/editions.ts'
import { toolLayers } from '../../tools/layers.ts'
import { type Tool, tool } from '../../tools/tool.ts'
import { refused } from '../support/refused.ts'
import { toolRun } from '../support/tool-run.ts'

const named = (name: string, says = name, more: Partial<Tool> = {}): Tool => ({
  ...tool({ name, description: `does ${name}`, effect: 'read', args: z.object({}), run: async () => says }),
  ...more
})
const call = (name: string) => ({ id: 'c', name, args: {} })
const said = async (run: ReturnType<ReturnType<typeof editions>['now']>, name: string) => {
  const result = await run.run(call(name), toolRun())
  return result.ok ? result.output : result.error.code
}

describe('layers of tools', () => {
  it('show the newest of a name, and what is below it when that goes', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.constantFrom('a', 'b', 'c'), fc.nat(4))), (steps) => {
        const layers = toolLayers([named('a', 'base')])
        const stack = [{ name: 'a', says: 'base', go: () => {} }]
        for (const [at, [name, which]] of steps.entries()) {
          const leaving = which < 2 && stack.length > 1 ? stack.splice(1 + (at % (stack.length - 1)), 1)[0] : undefined
          if (leaving) leaving.go()
          else stack.push({ name, says: `${at}`, go: layers.add([named(name, `${at}`, { description: `${at}` })]) })
          leaving?.go()
        }
        const newest = new Map(stack.map(({ name, says }) => [name, says]))
        const standing = layers.standing.map(({ name, description }) => [name, description])
        const expected = [...newest].map(([name, says]) => [name, says === 'base' ? 'does a' : says])
        assert.sameDeepMembers(standing, expected)
      })
    )
  })

  it('give the same list until something changes, and leave a list that was given as it is', () => {
    const layers = toolLayers([named('a')])
    const before = layers.standing
    assert.equal(layers.standing, before)
    layers.add([named('b')])
    assert.deepEqual([before.length, layers.standing.length], [1, 2])
  })

  it('refuse a name that is kept, one that comes twice, and tools that write state', async () => {
    for (const tools of [
      [named('delegate')],
      [named('task')],
      [named('read_output')],
      [named('a'), named('a')],
      [named('a', '', { writes: ['todos'] })]
    ])
      await refused(async () => toolLayers().add(tools), 'BAD_ARGUMENTS')
  })
})

describe('an edition', () => {
  it('is the same, byte by byte, when tools come back as they were, and is run by whoever came last', async () => {
    const layers = toolLayers([named('a')])
    const { now } = editions({ layers, always: [] })
    const schema = { type: 'object', properties: {}, required: [] }
    const turned = { required: [], properties: {}, type: 'object' }
    const go = layers.add([named('z', 'first', { schema }), named('b', 'first')])
    const first = now()
    assert.equal(now(), first)
    go()
    assert.notEqual(now().edition, first.edition)
    layers.add([named('b', 'second'), named('z', 'second', { schema: turned })])
    const again = now()
    assert.equal(again.edition, first.edition)
    assert.equal(again.specs, first.specs)
    assert.deepEqual([await said(again, 'b'), await said(first, 'b')], ['second', 'first'])
  })

  it('is remembered, and where it is not, what stands now is taken', async () => {
    const layers = toolLayers()
    const { now } = editions({ layers, always: [] })
    const go = layers.add([named('a', 'old', { description: 'old' })])
    const old = now()
    go()
    layers.add([named('a', 'new')])
    assert.equal(await said(now().as!(old.edition!), 'a'), 'old')
    assert.equal(await said(now().as!('another'), 'a'), 'new')
    for (let times = 0; times < 40; times++) {
      layers.add([named(`t${times}`)])
      now()
    }
    assert.equal(await said(now().as!(old.edition!), 'a'), 'new')
  })
})
