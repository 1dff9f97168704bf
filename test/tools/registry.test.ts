import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import type { Authority } from '../../state/context.ts'
import { RuntimeError } from '../../state/errors.ts'
import { allow, ask, deny, type Remit } from '../../state/remit.ts'
import { argsHash } from '../../tools/args-hash.ts'
import { toolset } from '../../tools/registry.ts'
import { type Tool, tool } from '../../tools/tool.ts'
import { toolRun } from '../support/tool-run.ts'

const agents = [{ name: 'coder', description: 'writes code' }]
const under = (...remits: Remit[]): Authority => ({ remits, grants: [] })
const everything = under([allow('*')])
const call = (name: string, args: Record<string, unknown> = {}) => ({ id: 'call', name, args })

function named(name: string): Tool {
  return tool({
    name,
    description: `does ${name}`,
    effect: 'read',
    args: z.object({ path: z.string(), depth: z.number().default(1) }),
    run: async ({ path, depth }) => `${name} ${path} ${depth}`
  })
}

describe('a toolset', () => {
  it('tells the model of its tools by name, however they were listed', () => {
    const { specs } = toolset({ tools: [named('write'), named('list'), named('edit')], delegates: agents })
    expect(specs.map(({ name }) => name)).toEqual(['delegate', 'edit', 'list', 'write'])
    expect(Object.keys(specs[1]!)).toEqual(['name', 'description', 'schema'])
    expect(toolset({ tools: [named('list'), named('edit'), named('write')], delegates: agents }).specs).toEqual(specs)
  })

  it('computes its specs once', () => {
    const set = toolset({ tools: [named('list')], delegates: [] })
    expect(set.specs).toBe(set.specs)
  })

  it('tells nothing of delegation where there is nobody to delegate to', () => {
    const set = toolset({ tools: [named('list')], delegates: [] })
    expect(set.specs.map(({ name }) => name)).toEqual(['list'])
    expect(set.judge(call('delegate', { agent: 'coder', task: 'x' }), everything).kind).toBe('invalid')
  })

  it.each([
    ['two tools of one name', [named('list'), named('edit'), named('list')], 'list'],
    ['a tool called delegate', [named('delegate')], 'delegate']
  ])('refuses %s, naming it', (_case, tools, name) => {
    const making = () => toolset({ tools, delegates: [] })
    expect(making).toThrowError(RuntimeError)
    expect(making).toThrowError(
      expect.objectContaining({ code: 'BAD_ARGUMENTS', message: expect.stringContaining(`"${name}"`) })
    )
  })
})

describe('judging a call', () => {
  const set = toolset({ tools: [named('read'), named('write'), named('shell')], delegates: agents })

  it('names the nearest tools where there is none of that name', () => {
    expect(set.judge(call('wriet'), everything)).toEqual({
      kind: 'invalid',
      reason: 'there is no tool "wriet"; the nearest: write, read, shell'
    })
  })

  it('says so where the agent has no tools', () => {
    expect(toolset({ tools: [], delegates: [] }).judge(call('read'), everything)).toEqual({
      kind: 'invalid',
      reason: 'there is no tool "read"; this agent has none'
    })
  })

  it('answers arguments that do not fit in the words of the schema, before policy', () => {
    const judgement = set.judge(call('read', { path: 7 }), under([deny('*')]))
    expect(judgement).toMatchObject({
      kind: 'invalid',
      reason: expect.stringMatching(/read.*\n.*expected string[\s\S]*path/)
    })
  })

  it('leaves arguments that fit to policy', () => {
    const fits = call('read', { path: 'a' })
    expect(set.judge(fits, everything).kind).toBe('allow')
    expect(set.judge(fits, under([deny('read')])).kind).toBe('deny')
    expect(set.judge(fits, under([])).kind).toBe('ask')
  })

  it('shows policy the arguments that would run, defaults included', () => {
    expect(set.judge(call('read', { path: 'a' }), under([deny('read', { depth: '1' }), allow('*')])).kind).toBe('deny')
  })

  it('honours a grant for the arguments as they would run, defaults filled in', () => {
    const fits = set.complete(call('read', { path: 'a' }))
    expect(fits.args).not.toEqual({ path: 'a' })
    const grants = [{ tool: 'read', argsHash: argsHash(fits.args) }]
    expect(set.judge(fits, { remits: [[]], grants }).kind).toBe('allow')
    expect(set.judge(call('read', { path: 'b' }), { remits: [[]], grants }).kind).toBe('ask')
  })

  it('honours a grant for arguments that the schema transforms, as the ask showed them', () => {
    const book = tool({
      name: 'book',
      description: 'books a day',
      effect: 'once',
      args: z.object({ day: z.string().transform((text) => new Date(text)) }),
      run: async () => 'booked'
    })
    const booking = toolset({ tools: [book] })
    const shown = booking.complete(call('book', { day: '2026-01-01' }))
    const grants = [{ tool: 'book', argsHash: argsHash(shown.args) }]
    expect(booking.judge(shown, { remits: [[]], grants }).kind).toBe('allow')
    expect(booking.judge(call('book', { day: '2026-01-02' }), { remits: [[]], grants }).kind).toBe('ask')
  })

  it('has an answer for any name and any arguments', () => {
    const names = fc.oneof(
      fc.string({ maxLength: 300 }),
      fc.constantFrom('read', 'delegate', 'constructor', '__proto__')
    )
    fc.assert(
      fc.property(names, fc.dictionary(fc.string(), fc.jsonValue()), (name, args) => {
        expect(['allow', 'delegate', 'invalid']).toContain(set.judge(call(name, args), everything).kind)
      })
    )
  })
})

describe('judging a delegation', () => {
  const set = toolset({ tools: [], delegates: agents })
  const toCoder = call('delegate', { agent: 'coder', task: 'fix it' })

  it('takes no permission', () => {
    for (const remit of [[], [ask('*')], [allow('delegate')]])
      expect(set.judge(toCoder, under(remit))).toEqual({ kind: 'delegate', agent: 'coder', task: 'fix it' })
  })

  it('is denied where any remit denies it', () => {
    expect(set.judge(toCoder, under([allow('*')], [deny('delegate')]))).toEqual({
      kind: 'deny',
      reason: 'rule: deny delegate, in the remit 1 above'
    })
    expect(set.judge(toCoder, under([deny('delegate', { agent: 'coder' })])).kind).toBe('deny')
    expect(set.judge(toCoder, under([deny('delegate', { agent: 'tester' })])).kind).toBe('delegate')
  })

  it('knows whom there is', () => {
    expect(set.judge(call('delegate', { agent: 'cook', task: 'soup' }), everything)).toEqual({
      kind: 'invalid',
      reason: 'there is no agent "cook"; there are coder'
    })
  })

  it('is invalid without a task', () => {
    expect(set.judge(call('delegate', { agent: 'coder' }), everything)).toMatchObject({ kind: 'invalid' })
  })
})

describe('running a call', () => {
  it('runs the tool of that name with its defaults', async () => {
    const set = toolset({ tools: [named('read')], delegates: [] })
    expect(await set.run(call('read', { path: 'a' }), toolRun())).toEqual({ ok: true, output: 'read a 1' })
  })

  it('shortens outputs by the limit of the set', async () => {
    const set = toolset({ tools: [named('read')], delegates: [], limits: { output: 100 } })
    expect(await set.run(call('read', { path: 'a'.repeat(500) }), toolRun())).toMatchObject({
      ok: true,
      cut: { total: 507 }
    })
  })
})
