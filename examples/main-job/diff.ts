import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** How two directories differ, by git or, where there is none, by diff. Both end with 1 where there is a difference. */
export async function diffOf({ before, after, cwd }: { before: string; after: string; cwd: string }): Promise<string> {
  const said = (error: { code?: unknown; stdout?: string }) => {
    if (error.code === 1) return { stdout: error.stdout ?? '' }
    throw error
  }
  const byGit = run('git', ['diff', '--no-index', '--no-color', before, after], { cwd }).catch(said)
  const { stdout } = await byGit.catch(() => run('diff', ['-ru', before, after], { cwd }).catch(said))
  return stdout.trimEnd()
}
