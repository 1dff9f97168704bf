import { mkdir } from 'node:fs/promises'
import { dirname } from 'node:path'
import { z } from 'zod'
import { messageOf, RuntimeError } from '../../state/errors.ts'
import { tool } from '../tool.ts'
import { inWorkspace, workspaceOf } from '../workspace.ts'
import { atomicWrite } from './atomic-write.ts'
import { inTurn } from './in-turn.ts'

export const write = tool({
  name: 'write',
  description:
    'Writes a whole file of the workspace: makes it, with the directories above it, or replaces its content. ' +
    'To change a part of a file use edit.',
  effect: 'idempotent',
  kinds: { path: 'path' },
  args: z.object({
    path: z.string().min(1).describe('relative to the workspace, or absolute inside of it'),
    content: z.string().describe('all of the new content')
  }),
  run: async ({ path, content }, run) => {
    const target = await inWorkspace(workspaceOf(run), path)
    await inTurn(target, async () => {
      run.signal.throwIfAborted()
      await makeParents(target, path)
      await atomicWrite(target, content)
    })
    return `wrote ${path} (${Buffer.byteLength(content)} bytes)`
  }
})

async function makeParents(target: string, name: string): Promise<void> {
  await mkdir(dirname(target), { recursive: true }).catch((error: unknown) => {
    throw new RuntimeError('TOOL_FAILED', `cannot make the directories above ${name}: ${messageOf(error)}`)
  })
}
