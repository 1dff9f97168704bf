import pc from 'picocolors'
import type { AgentEvent } from '../../state/events.ts'
import { argumentsInBrief, oneLine } from './brief.ts'

/** The line in which a reader follows an event; none for what would only be noise. */
export function liveLine(event: AgentEvent): string | undefined {
  const words = wordsFor(event)
  return words && `  ${pc.dim(event.path.padEnd(16))} ${words}`
}

function wordsFor(event: AgentEvent): string | undefined {
  switch (event.type) {
    case 'model.finished':
      return event.text && event.calls.length > 0 ? pc.italic(oneLine(event.text)) : undefined
    case 'task.started':
      return `${pc.cyan(`→ ${event.agent}`)} ${oneLine(event.task, 80)}`
    case 'task.settled':
      return event.status === 'completed' ? pc.cyan(`← ${event.agent}`) : pc.red(`← ${event.agent} ${event.status}`)
    case 'tool.started':
      return `${event.tool} ${argumentsInBrief(event.args)}`
    case 'tool.finished':
      return event.ok ? undefined : pc.red(`${event.tool}: ${oneLine(event.output)}`)
    case 'ask.opened':
      return pc.yellow(`? ${event.ask.tool} ${argumentsInBrief(event.ask.args)}`)
    default:
      return undefined
  }
}
