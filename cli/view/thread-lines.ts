import type { ThreadRecord } from '../../state/threads.ts'
import { duration } from './amounts.ts'
import { cropped } from './columns.ts'
import type { Paint } from './paint.ts'
import { oneLine } from './printable.ts'

const TASK = 80

/** One line for each thread: id, status, agent, when it was last touched, the beginning of its task. */
export function threadLines(threads: readonly ThreadRecord[], { now, paint }: { now: number; paint: Paint }): string[] {
  if (threads.length === 0) return ['no threads in this store']
  const widest = Math.max(...threads.map(({ agent }) => agent.length))
  return threads.map(({ threadId, status, agent, updatedAt, task }) => {
    const when = `${duration(now - updatedAt)} ago`
    return `${threadId}  ${status.padEnd(9)}  ${agent.padEnd(widest)}  ${paint.dim(when.padStart(11))}  ${cropped(oneLine(task), TASK)}`
  })
}
