import { stat } from 'node:fs/promises'
import type { ToolRun } from '../../state/context.ts'
import { RuntimeError } from '../../state/errors.ts'
import { inWorkspace, workspaceOf } from '../workspace.ts'

/**
 * The real path of a directory of the workspace.
 * @throws RuntimeError TOOL_FAILED where there is none
 */
export async function directoryOf(run: Pick<ToolRun, 'workspace'>, path: string): Promise<string> {
  const directory = await inWorkspace(workspaceOf(run), path)
  const found = await stat(directory).catch(() => undefined)
  if (!found) throw new RuntimeError('TOOL_FAILED', `${path} does not exist`)
  if (!found.isDirectory()) throw new RuntimeError('TOOL_FAILED', `${path} is not a directory`)
  return directory
}
