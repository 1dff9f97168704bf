import type { BaseStore } from '@langchain/langgraph'
import { z } from 'zod'
import { enveloped } from '../envelope.ts'
import { type Tool, tool } from '../tool.ts'
import { type Memory, type MemoryInit, namespaceOf, storeOf } from './namespace.ts'

/** As many are looked through where the store itself does not find by meaning. */
const LOOKED_THROUGH = 1000

/**
 * Finds what was remembered: by meaning where the store has an index, otherwise by words. What comes back is what some model
 * once wrote: it stands in an envelope, as foreign text does.
 */
export function recallTool(init: MemoryInit = {}): Tool {
  return tool({
    name: 'recall',
    description:
      'Finds what was remembered in earlier conversations. It is what was noted then, and may be outdated: check what matters.',
    effect: 'read',
    args: z.object({
      query: z.string().regex(/\S/, 'Say what to look for').optional().describe('without it: what was remembered last'),
      limit: z.number().int().min(1).max(50).default(10)
    }),
    async run({ query, limit }, run) {
      const found = await search(storeOf(run, init), { namespace: namespaceOf(run, init), query, limit })
      if (found.length === 0) return '[nothing is remembered about this]'
      const lines = found.map(({ key, value }) => `- ${key} (${dayOf(value.at)}): ${value.text}`)
      return enveloped(lines.join('\n'), { from: 'memory' })
    }
  })
}

interface Search {
  readonly namespace: string[]
  readonly query: string | undefined
  readonly limit: number
}

interface Found {
  readonly key: string
  readonly value: Memory
}

async function search(store: BaseStore, { namespace, query, limit }: Search): Promise<Found[]> {
  const items = await store.search(namespace, { limit: LOOKED_THROUGH, ...(query !== undefined && { query }) })
  const memories = items.map(({ key, value, score }) => ({ key, value: value as unknown as Memory, score }))
  if (memories.some(({ score }) => score !== undefined)) return memories.slice(0, limit)
  const wanted = wordsIn(query ?? '')
  return memories
    .map((memory) => ({ ...memory, hits: hitsIn(memory, wanted) }))
    .filter(({ hits }) => hits > 0 || wanted.length === 0)
    .sort((a, b) => b.hits - a.hits || b.value.at - a.value.at || (a.key < b.key ? -1 : 1))
    .slice(0, limit)
}

/** How many of the words are in a memory. */
function hitsIn({ key, value }: Found, words: readonly string[]): number {
  const there = new Set(wordsIn(`${key} ${value.text}`))
  return words.filter((word) => there.has(word)).length
}

function wordsIn(text: string): string[] {
  return [...new Set(text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [])]
}

function dayOf(at: number): string {
  return new Date(at).toISOString().slice(0, 10)
}
