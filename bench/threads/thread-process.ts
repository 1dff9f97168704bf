import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { ThreadSide } from './long-thread.ts'
import type { Answer, Wish } from './protocol.ts'

/** The thread of one side in a process of its own, so that nobody pays for the other's memory. */
export interface ThreadProcess {
  ask(wish: Wish): Promise<Answer>
}

const PROGRAM = fileURLToPath(new URL('../programs/thread-process.js', import.meta.url))

/** `turns` is how many turns the thread has already. */
export async function threadProcess(
  side: ThreadSide,
  { url, turns = 0 }: { url: string; turns?: number }
): Promise<ThreadProcess> {
  const child = fork(PROGRAM, [side, url, String(turns)])
  const gone = once(child, 'exit').then(([code]) => {
    throw new Error(`the process of "${side}" has ended with ${code}`)
  })
  gone.catch(() => {})
  const answer = async () => ((await Promise.race([once(child, 'message'), gone])) as [Answer])[0]
  await answer()
  return {
    async ask(wish) {
      child.send(wish)
      const answered = await answer()
      if (wish.kind === 'end') await gone.catch(() => {})
      return answered
    }
  }
}
