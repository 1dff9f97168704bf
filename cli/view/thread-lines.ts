import type { ListedThread } from '../../runtime/agent-runtime.ts'
import { duration } from './amounts.ts'
import { cropped } from './columns.ts'
import type { Paint } from './paint.ts'
import { oneLine } from './printable.ts'

const TASK = 80

/** One line for each thread: id, status, agent, when it was last touched, the beginning of its task; one that was rewound is faint. */
export function threadLines(threads: readonly ListedThread[], { now, paint }: { now: number; paint: Paint }): string[] {
  if (threads.length === 0) return ['no threads in this store']
  const widest = Math.max(...threads.map(({ agent }) => agent.length))
  return threads.map(({ threadId, status, agent, updatedAt, task, replacedBy }) => {
    const when = `${duration(now - updatedAt)} ago`.padStart(11)
    const [name, words] = [`${threadId}  ${status.padEnd(9)}  ${agent.padEnd(widest)}`, cropped(oneLine(task), TASK)]
    if (replacedBy === null) return `${name}  ${paint.dim(when)}  ${words}`
    return paint.dim(`${name}  ${when}  ${words}; it was rewound, ${replacedBy} took its place`)
  })
}
