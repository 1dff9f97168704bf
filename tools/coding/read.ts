import { z } from 'zod'
import { tool } from '../tool.ts'
import { inWorkspace, workspaceOf } from '../workspace.ts'
import { cutLine } from './cut.ts'
import { linesOf } from './lines.ts'
import { bytesOf } from './text-file.ts'

const MAX_LINES = 2000
const MAX_LINE_LENGTH = 2000

export const read = tool({
  name: 'read',
  description:
    'Reads a text file of the workspace. Each line comes after its number and a tab, which are not part of the file. ' +
    `At most ${MAX_LINES} lines at once; read on with offset.`,
  effect: 'read',
  dedupes: true,
  kinds: { path: 'path' },
  args: z.object({
    path: z.string().min(1).describe('relative to the workspace, or absolute inside of it'),
    offset: z.number().int().min(1).default(1).describe('the first line to read, counted from 1'),
    limit: z.number().int().min(1).max(MAX_LINES).default(MAX_LINES).describe('how many lines')
  }),
  run: async ({ path, offset, limit }, run) => {
    const bytes = await bytesOf(await inWorkspace(workspaceOf(run), path), path)
    const lines = linesOf(decoded(bytes))
    if (lines.length === 0) return '[empty file]'
    if (offset > lines.length) return `[no line ${offset}: the file has ${lines.length}]`
    const shown = lines.slice(offset - 1, offset - 1 + limit)
    const next = offset + shown.length
    const rest =
      next > lines.length ? [] : [`[lines ${offset} to ${next - 1} of ${lines.length}; read on with offset ${next}]`]
    return [...shown.map((line, index) => numbered(line, offset + index)), ...rest].join('\n')
  }
})

/** Without a byte order mark; what is no UTF-8 comes as the replacement character. */
function decoded(bytes: Buffer): string {
  return new TextDecoder().decode(bytes)
}

function numbered(line: string, number: number): string {
  return `${String(number).padStart(6)}\t${cutLine(line, { max: MAX_LINE_LENGTH })}`
}
