// A graph that is stopped is not over. LangGraph answers at once, and behind that its loop goes on until it looks at the signal
// again: it may put a checkpoint after its run has ended. Where the thread is at its next turn by then that would be a second
// child of the same checkpoint.
import type { BaseCheckpointSaver } from '@langchain/langgraph'
import { overlaid } from './overlaid.ts'

export interface RunSaver {
  readonly saver: BaseCheckpointSaver
  /** Ends it: what is on its way is waited for, and what comes later refused. `isStopped`: the graph was left in the middle. */
  end(how: { isStopped: boolean }): Promise<void>
}

/** A saver that writes for one run, and not beyond its end. */
export function runSaver(saver: BaseCheckpointSaver): RunSaver {
  const underWay = new Set<Promise<unknown>>()
  let isOver = false

  function writing<Args extends unknown[], Result>(write: (...args: Args) => Promise<Result>) {
    return (...args: Args): Promise<Result> => {
      if (isOver) return Promise.reject(new Error('the run of this graph is over: nothing of it is written any more'))
      const written = write.apply(saver, args)
      const settled = Promise.allSettled([written])
      underWay.add(settled)
      settled.then(() => underWay.delete(settled))
      return written
    }
  }

  async function end({ isStopped }: { isStopped: boolean }): Promise<void> {
    // With the durability `exit` it puts what it has got to only when it is stopped: in this turn of the event loop.
    if (isStopped) await new Promise(setImmediate)
    isOver = true
    await Promise.all(underWay)
  }

  return { saver: overlaid(saver, { put: writing(saver.put), putWrites: writing(saver.putWrites) }), end }
}
