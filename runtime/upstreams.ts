import type { RunnableConfig } from '@langchain/core/runnables'

type Chunk = [namespace: string[], mode: string, data: unknown]

/** The stream of a parent's run, as LangGraph hands it to its nodes: a child's chunks are pushed into it. */
export interface Upstream {
  readonly modes: ReadonlySet<string>
  push(chunk: Chunk): void
}

/** Which stream a child's chunks go to, while its parent's run is there to show them. */
export interface Upstreams {
  /** The child's chunks appear in the parent's stream below `name:taskId`, as those of a subgraph do. */
  connect(childThreadId: string, link: { config: RunnableConfig; name: string; taskId: string }): void
  of(threadId: string): Upstream | undefined
  disconnect(childThreadId: string): void
}

export function upstreams(): Upstreams {
  const links = new Map<string, Upstream>()
  return {
    connect(childThreadId, { config, name, taskId }) {
      const parent = config.configurable?.__pregel_stream as Upstream | undefined
      if (!parent) return
      links.set(childThreadId, {
        modes: parent.modes,
        push: ([namespace, mode, data]) => parent.push([[`${name}:${taskId}`, ...namespace], mode, data])
      })
    },
    of: (threadId) => links.get(threadId),
    disconnect: (childThreadId) => void links.delete(childThreadId)
  }
}
