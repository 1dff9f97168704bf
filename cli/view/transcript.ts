import type { AIMessage, BaseMessage, ToolMessage } from '@langchain/core/messages'
import { counted } from './amounts.ts'
import { shortArgs } from './args-text.ts'
import { cropped } from './columns.ts'
import { oneLine, printable } from './printable.ts'
import { faint, plain, strong, type Toned } from './toned.ts'

/** One contribution to a conversation. */
export type Spoken =
  | { role: 'person'; text: string }
  | { role: 'agent'; text: string; calls: readonly { id: string; tool: string; args: unknown }[] }
  | { role: 'tool'; callId: string; tool: string; ok: boolean; text: string }

export function spokenIn(messages: readonly BaseMessage[]): Spoken[] {
  return messages.flatMap((message): Spoken[] => {
    const { text } = message
    switch (message.getType()) {
      case 'human':
        return [{ role: 'person', text }]
      case 'tool': {
        const { tool_call_id: callId, name = '', status } = message as ToolMessage
        return [{ role: 'tool', callId, tool: name, ok: status !== 'error', text }]
      }
      case 'ai': {
        const { tool_calls = [] } = message as AIMessage
        return [{ role: 'agent', text, calls: tool_calls.map(({ id = '', name, args }) => ({ id, tool: name, args })) }]
      }
      default:
        return []
    }
  })
}

const CALL = 160
/** Lines of a tool's output; all of it is in `--json`. */
const OUTPUT = 12

export function transcriptLines(spoken: readonly Spoken[], { agent }: { agent: string }): Toned[] {
  return spoken.flatMap((each) => linesOf(each, agent))
}

function linesOf(spoken: Spoken, agent: string): Toned[] {
  switch (spoken.role) {
    case 'person':
      return [plain(''), strong('task'), ...textLines(spoken.text)]
    case 'agent': {
      const calls = spoken.calls.map(({ tool, args }) =>
        plain(`→ ${cropped(`${oneLine(tool)} ${shortArgs(args)}`, CALL)}`)
      )
      return [plain(''), strong(agent), ...(spoken.text ? textLines(spoken.text) : []), ...calls]
    }
    case 'tool':
      return [faint(`← ${oneLine(spoken.tool)}${spoken.ok ? '' : ' (not done)'}`), ...outputLines(spoken.text)]
  }
}

function textLines(text: string): Toned[] {
  return printable(text).split('\n').map(plain)
}

function outputLines(text: string): Toned[] {
  const lines = printable(text).split('\n')
  const hidden = lines.length - OUTPUT
  const shown = hidden > 1 ? [...lines.slice(0, OUTPUT), `… ${counted(hidden, 'line')} more`] : lines
  return shown.map((line) => faint(`  ${line}`))
}
