import type { Approval, Decision } from '../../state/decisions.ts'
import { unreachable } from '../../state/errors.ts'
import type { AgentEvent } from '../../state/events.ts'
import { duration } from './amounts.ts'
import { shortArgs } from './args-text.ts'
import { cropped } from './columns.ts'
import { oneLine } from './printable.ts'

/** An event as a line of a log; undefined where the log says as much without it. */
export function eventLine(event: AgentEvent): string | undefined {
  const said = wordsOf(event)
  return said === undefined ? undefined : `${event.path}: ${said}`
}

const LONG = 160

function wordsOf(event: AgentEvent): string | undefined {
  switch (event.type) {
    case 'turn.started':
      return event.threadId === event.rootThreadId ? `started, thread ${event.threadId}` : undefined
    case 'tool.started':
      return cropped(`${oneLine(event.tool)} ${shortArgs(event.args)}`, LONG)
    case 'tool.finished':
      return event.ok ? undefined : cropped(`${oneLine(event.tool)} failed: ${oneLine(event.output)}`, LONG)
    case 'ask.opened':
      return `asks ${event.ask.id}: ${cropped(`${oneLine(event.ask.tool)} ${shortArgs(event.ask.args)}`, LONG)}`
    case 'ask.decided':
      // The terminal at which a person decides says so itself.
      return event.by.kind === 'person'
        ? undefined
        : `${event.ask.id} ${decisionWords(event.decision)} by the ${event.by.kind} of ${event.by.path}`
    case 'task.started':
      return cropped(`delegates to ${event.agent}: ${oneLine(event.task)}`, LONG)
    case 'task.settled':
      return `${event.agent} ${event.status}${event.error ? `: ${event.error.code}: ${oneLine(event.error.message)}` : ''}`
    case 'files.missed':
      return `its files are not kept: ${oneLine(event.error.message)}`
    case 'hook.ran':
      return event.did === 'nothing' ? undefined : cropped(hookWords(event), LONG)
    case 'turn.finished':
    case 'files.kept':
    case 'model.started':
    case 'model.retried':
    case 'tool.retried':
    case 'model.delta':
    case 'call.started':
    case 'call.delta':
    case 'model.finished':
    case 'tool.progress':
      return undefined
    default:
      return unreachable(event)
  }
}

function hookWords({ hook, did, reason, held }: Extract<AgentEvent, { type: 'hook.ran' }>): string {
  const words = `the hook ${oneLine(hook)} ${DID[did]}${held ? ', and holds it' : ''}`
  return reason === undefined ? words : `${words}: ${oneLine(reason)}`
}

const DID = {
  nothing: 'said nothing',
  changed: 'changed it',
  asked: 'asks',
  denied: 'denied it',
  failed: 'failed'
} as const

export function decisionWords(decision: Decision): string {
  switch (decision.kind) {
    case 'approve':
      return decision.scope === 'once' ? 'approved' : `approved for the ${decision.scope}${endOf(decision)}`
    case 'edit':
      return `approved with ${shortArgs(decision.args)}`
    case 'reject':
      return decision.reason ? `rejected (${oneLine(decision.reason)})` : 'rejected'
    case 'answer':
      return `answered with ${shortArgs(decision.value)}`
  }
}

function endOf({ forMs }: Approval): string {
  return forMs === undefined ? '' : `, ${duration(forMs)} at most`
}
