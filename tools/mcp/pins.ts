import { type Definition, hashOf } from './definition.ts'

/** The tools of each server as somebody has reviewed them: hash of the definition by name of the tool. */
export type Pinned = Readonly<Record<string, string>>

/** Where reviews are kept. */
export interface Pins {
  /** A tool that is seen for the first time is pinned as it is, without a review. */
  readonly trustsFirst?: boolean
  of(server: string): Promise<Pinned>
  set(server: string, pinned: Pinned): Promise<void>
}

export type Review = 'reviewed' | 'new' | 'changed'

/** How a definition stands to what was reviewed. */
export function reviewOf(definition: Definition, pinned: Pinned): Review {
  if (!Object.hasOwn(pinned, definition.name)) return 'new'
  return pinned[definition.name] === hashOf(definition) ? 'reviewed' : 'changed'
}

/** Pins of one process. */
export function memoryPins(initial: Readonly<Record<string, Pinned>> = {}): Pins {
  const byServer = new Map(Object.entries(initial))
  return {
    of: async (server) => byServer.get(server) ?? {},
    set: async (server, pinned) => void byServer.set(server, pinned)
  }
}

/**
 * Pins what a process sees of a tool first, and holds the server to that from then on: for servers of one's own. What it said
 * before is not known.
 */
export function pinsOfFirstSight(): Pins {
  return { ...memoryPins(), trustsFirst: true }
}
