import type { ReviewedTool } from '../../tools/mcp/hub.ts'
import type { McpServer } from '../../tools/mcp/server.ts'
import { oneLine, printable } from './printable.ts'
import { faint, plain, type Toned, warning } from './toned.ts'

/** A server, with the whole of the command that it would run. */
export function serverLine(name: string, server: McpServer): Toned {
  const where = server.type === 'stdio' ? [server.command, ...server.args].join(' ') : server.url
  return plain(`${name}  ${server.type}  ${oneLine(where)}`)
}

const MARKS = { reviewed: ' ', new: '+', changed: '!' } as const

/** What a reviewer has to read: all of what a model would be told. */
export function reviewLines(tools: readonly ReviewedTool[]): Toned[] {
  return tools.flatMap(({ name, offered, review, definition, oddities }) => {
    const head = `${MARKS[review]} ${oneLine(name)}${review === 'reviewed' ? '' : ` (${review})`}  as ${offered}`
    if (review === 'reviewed') return [plain(head)]
    const description = definition.description ?? ''
    return [
      warning(head),
      ...printable(description)
        .split('\n')
        .map((line) => faint(`    ${line}`)),
      faint(`    takes ${oneLine(JSON.stringify(definition.inputSchema))}`),
      ...oddities.map((oddity) => warning(`    look twice: it ${oddity}`))
    ]
  })
}
