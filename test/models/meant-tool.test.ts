import fc from 'fast-check'
import { assert, describe, it } from 'vitest'
import { meantTool } from '../../models/meant-tool.ts'

const TOOLS = ['read', 'writeFile', 'delegate']

describe('the name of a tool', () => {
  for (const [written, meant] of [
    ['Read', 'read'],
    ['functions.read', 'read'],
    ['default_api.writeFile', 'writeFile'],
    ['Functions.writefile', 'writeFile'],
    ['writefile', 'writeFile']
  ] as const)
    it(`is understood as ${meant} where it is ${written}`, () => {
      assert.equal(meantTool(written, TOOLS), meant)
    })

  for (const written of ['write_file', 'reads', 'multi.read', 'functions.', 'functions.functions.read', ' read', ''])
    it(`is left alone where it is "${written}"`, () => {
      assert.equal(meantTool(written, TOOLS), written)
    })

  it('is left alone where two tools may be meant', () => {
    assert.equal(meantTool('READ', ['read', 'Read']), 'READ')
    assert.equal(meantTool('functions.READ', ['read', 'Read']), 'functions.READ')
    assert.equal(meantTool('functions.Read', ['read', 'functions.read']), 'functions.Read')
  })

  it('is its own where a tool has it, or has it behind the prefix', () => {
    assert.equal(meantTool('Read', ['read', 'Read']), 'Read')
    assert.equal(meantTool('functions.Read', ['read', 'Read']), 'Read')
    assert.equal(meantTool('functions.read', ['read', 'functions.read']), 'functions.read')
  })

  it('is that of a tool, or as it was', () => {
    fc.assert(
      fc.property(fc.string(), fc.array(fc.string()), (written, known) => {
        assert.include([...known, written], meantTool(written, known))
        assert.equal(meantTool(written, [...known, written]), written)
      })
    )
  })
})
