// R1. A server is told of directories of the workspace and of no others, by their real paths.
// R2. They are looked at when the server is connected to, and each time it asks: a link may have been put there since.
import { pathToFileURL } from 'node:url'
import { RuntimeError } from '../../state/errors.ts'
import { inWorkspace } from '../workspace.ts'

/**
 * The directories that a server is told of.
 * @throws RuntimeError WORKSPACE_ESCAPE where one leads out of the workspace, WORKSPACE_MISSING
 */
export async function rootsIn(
  workspace: string | undefined,
  paths: readonly string[]
): Promise<{ roots: { uri: string }[] }> {
  if (paths.length > 0 && workspace === undefined)
    throw new RuntimeError('WORKSPACE_MISSING', 'roots are directories of a workspace, and the hub was given none')
  const real = await Promise.all(paths.map((path) => inWorkspace(workspace!, path)))
  return { roots: real.map((path) => ({ uri: pathToFileURL(path).href })) }
}
