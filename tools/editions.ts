// E1. What a model request shows is what its calls are judged and run by, whatever is put on or taken away meanwhile.
// E2. An edition is named by its definitions. Tools that come back as they were are the same edition, in the same bytes, so
//     that a reload does not spoil what the provider has cached; they are run by whoever came last.
// E3. Of the editions that are no more some are remembered; a call of one that is forgotten, or that another process knew, is
//     judged and run by what stands now.

import type { ToolPort } from '../state/context.ts'
import { argsHash } from './args-hash.ts'
import type { ToolLayers } from './layers.ts'
import { type ToolsetInit, toolset } from './registry.ts'
import type { Tool } from './tool.ts'

export interface Editions {
  /** The tools as they stand at this moment, for good. */
  now(): ToolPort
  /** What is to be done with a call, for whoever decides about one that was made before: by some edition that it fits. */
  judge: ToolPort['judge']
  explain: ToolPort['explain']
  lesson: ToolPort['lesson']
}

const REMEMBERED = 32

interface EditionsInit extends Omit<ToolsetInit, 'tools'> {
  readonly layers: ToolLayers
  /** Tools that are always there. */
  readonly always: readonly Tool[]
}

export function editions({ layers, always, ...rest }: EditionsInit): Editions {
  const known = new Map<string, ToolPort>()
  const { sources = [], principal = null } = rest
  let current: { parts: readonly unknown[]; port: ToolPort } | undefined

  function editionOf(standing: readonly Tool[]): ToolPort {
    const port = toolset({ ...rest, tools: [...standing, ...always] })
    const edition = argsHash(port.specs)
    const specs = known.get(edition)?.specs ?? port.specs
    const refresh = port.refresh && {
      refresh: async (signal: AbortSignal) => {
        await port.refresh?.(signal)
        return now()
      }
    }
    const named: ToolPort = { ...port, ...refresh, specs, edition, as: (wanted) => known.get(wanted) ?? named }
    known.delete(edition)
    known.set(edition, named)
    for (const old of [...known.keys()].slice(0, -REMEMBERED)) known.delete(old)
    return named
  }

  function now(): ToolPort {
    const { standing } = layers
    const parts = [standing, ...sources.flatMap((source) => source.now(principal))]
    const isSame = current?.parts.length === parts.length && parts.every((part, at) => part === current?.parts[at])
    if (!current || !isSame) current = { parts, port: editionOf(standing) }
    return current.port
  }

  return {
    now,
    judge(call, authority) {
      const judgement = now().judge(call, authority)
      if (judgement.kind !== 'invalid') return judgement
      const others = [...known.values()].reverse().map((port) => port.judge(call, authority))
      return others.find(({ kind }) => kind !== 'invalid') ?? judgement
    },
    explain: (call, authority) => now().explain(call, authority),
    lesson: (call) => now().lesson(call)
  }
}
