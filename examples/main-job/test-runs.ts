import type { AgentEvent } from '../../state/events.ts'

/** What a run of the tests said. */
export interface TestRun {
  readonly passed: boolean
  readonly output: string
}

/** The test runs of a turn, in order. */
export function testRuns(events: readonly AgentEvent[]): TestRun[] {
  const started = new Set(events.flatMap((event) => (isTestRun(event) ? [event.toolCallId] : [])))
  return events.flatMap((event) => {
    if (event.type !== 'tool.finished' || !started.has(event.toolCallId) || !event.ok) return []
    return [{ passed: hasPassed(event.output), output: withoutRepeats(event.output) }]
  })
}

type Started = Extract<AgentEvent, { type: 'tool.started' }>

function isTestRun(event: AgentEvent): event is Started {
  return event.type === 'tool.started' && event.tool === 'shell' && String(event.args.command).includes('node --test')
}

/** The tool `shell` says on its last line if a command did not end well. */
export function hasPassed(output: string): boolean {
  return !/\[(exit code|killed|timed out)[^\n]*$/.test(output)
}

/** The test runner gives the details of all failures a second time. */
function withoutRepeats(output: string): string {
  return output.split(/\n✖ failing tests:/)[0]!.trimEnd()
}
