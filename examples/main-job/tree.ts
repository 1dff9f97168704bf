import type { AgentEvent } from '../../state/events.ts'
import { argumentsInBrief, oneLine } from './brief.ts'
import type { Finished } from './drive.ts'

/** The agents as they worked, each below the one that delegated to it, with their tool calls. */
export function treeOf({ events, answers, threadId }: Finished): string {
  const root = events.find((event) => event.threadId === threadId)
  return [root?.path ?? '', ...branches(linesBelow(threadId, { events, answers }))].join('\n')
}

interface Line {
  readonly text: string
  readonly below: readonly Line[]
}

type Story = Pick<Finished, 'events' | 'answers'>

function linesBelow(threadId: string, story: Story): Line[] {
  const own = story.events.filter((event) => event.threadId === threadId)
  return [
    ...own.flatMap((event): Line[] => {
      if (event.type === 'tool.finished') return [{ text: callLine(event, story), below: [] }]
      if (event.type !== 'task.started') return []
      const text = `${event.agent}: ${oneLine(event.task, 70)}`
      return [{ text, below: linesBelow(event.childThreadId, story) }]
    }),
    ...refusals(threadId, story)
  ]
}

function callLine({ toolCallId, tool, ok }: Extract<AgentEvent, { type: 'tool.finished' }>, story: Story): string {
  const started = story.events.find((event) => event.type === 'tool.started' && event.toolCallId === toolCallId)
  const args = started?.type === 'tool.started' ? argumentsInBrief(started.args) : ''
  const asked = story.answers.some(({ ask }) => ask.toolCallId === toolCallId)
  return `${ok ? '✓' : '✗'} ${tool} ${args}${asked ? '  (asked and approved)' : ''}`
}

/** What was asked for and did not run. */
function refusals(threadId: string, { answers }: Story): Line[] {
  return answers
    .filter(({ ask, decision }) => ask.threadId === threadId && decision.kind === 'reject')
    .map(({ ask }) => ({ text: `✗ ${ask.tool} ${argumentsInBrief(ask.args)}  (asked and refused)`, below: [] }))
}

function branches(lines: readonly Line[]): string[] {
  return lines.flatMap(({ text, below }, at) => {
    const isLast = at === lines.length - 1
    return [`${isLast ? '└─' : '├─'} ${text}`, ...branches(below).map((line) => `${isLast ? '   ' : '│  '}${line}`)]
  })
}
