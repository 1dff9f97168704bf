// A process with the thread of one side. It does what its parent asks for, one thing after the other, and says how long that
// took and how much memory it holds.
import { argv, memoryUsage } from 'node:process'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { type LongThread, longThread, type ThreadSide } from '../threads/long-thread.ts'
import type { Answer, Wish } from '../threads/protocol.ts'

const [side, url, turns] = argv.slice(2) as [ThreadSide, string, string]
const thread = await longThread(side, { url, turns: Number(turns) })

process.on('message', async (wish: Wish) => {
  process.send!(await done(wish, thread))
  if (wish.kind === 'end') process.disconnect()
})
process.send!({ ms: 0 } satisfies Answer)

async function done(wish: Wish, thread: LongThread): Promise<Answer> {
  switch (wish.kind) {
    case 'turn':
      return { ms: await timed(thread.turn) }
    case 'here':
      return { ms: 0, checkpointId: await thread.checkpointId() }
    case 'state':
      return { ms: await timed(() => thread.state(wish.checkpointId)) }
    case 'history':
      return { ms: await timed(() => thread.history(wish.limit)) }
    case 'fork':
      return { ms: await timed(() => thread.fork(wish.checkpointId)) }
    case 'end': {
      collectGarbage()
      const { rss } = memoryUsage()
      const bytes = await thread.bytes()
      await thread.close()
      return { ms: 0, rss, bytes }
    }
  }
}

async function timed(work: () => Promise<void>): Promise<number> {
  const start = performance.now()
  await work()
  return performance.now() - start
}

function collectGarbage(): void {
  setFlagsFromString('--expose-gc')
  runInNewContext('gc')()
}
