import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import type { Principal } from '../../state/threads.ts'
import { agentTools } from '../../tools/agent-tools.ts'
import { toolLayers } from '../../tools/layers.ts'
import { type Tool, tool } from '../../tools/tool.ts'
import type { ToolSource } from '../../tools/tool-source.ts'

const named = (name: string) =>
  tool({ name, description: name, effect: 'read', args: z.object({}), run: async () => name })
const names = ({ specs }: { specs: readonly { name: string }[] }) => specs.map(({ name }) => name)
const { signal } = new AbortController()

/** A server that shows each principal a tool of its own, from the first look on. */
function source(): ToolSource {
  const seen = new Map<Principal, readonly Tool[]>()
  return {
    refresh: async (principal) => void seen.set(principal, seen.get(principal) ?? [named(`of_${principal}`)]),
    now: (principal) => seen.get(principal) ?? [],
    find: (name, principal) => seen.get(principal)?.find((each) => each.name === name)
  }
}

describe('the tools of an agent', () => {
  it('are its own and those that a look finds with others, for each principal', async () => {
    const toolsFor = agentTools({ tools: [named('own')], sources: [source()] })
    const before = toolsFor('ann').now()
    expect(names(before)).toEqual(['own', 'read_output'])
    expect(names((await before.refresh?.(signal))!)).toEqual(['of_ann', 'own', 'read_output'])
    expect(names(toolsFor('bob').now())).toEqual(['own', 'read_output'])
    expect(toolsFor('ann')).toBe(toolsFor('ann'))
  })

  it('are an edition for each request where they come in layers, those of others among them', async () => {
    const layers = toolLayers([named('own')])
    const toolsFor = agentTools({ tools: layers, sources: [source()] })
    const before = toolsFor('ann').now()
    const after = (await before.refresh?.(signal))!
    expect(names(after)).toEqual(['of_ann', 'own', 'read_output'])
    expect(names(before)).toEqual(['own', 'read_output'])
    expect(after.edition).not.toBe(before.edition)
    expect(toolsFor('ann').now()).toBe(after)
    const takeAway = layers.add([named('more')])
    expect(names(toolsFor('ann').now())).toEqual(['more', 'of_ann', 'own', 'read_output'])
    takeAway()
    expect(toolsFor('ann').now().edition).toBe(after.edition)
    expect(names(after.as!(before.edition!))).toEqual(['own', 'read_output'])
  })

  it('are the same for all where nobody else has any', () => {
    const toolsFor = agentTools({ tools: [named('own')] })
    expect(toolsFor('ann')).toBe(toolsFor('bob'))
    expect(toolsFor('ann').now().refresh).toBeUndefined()
  })
})
