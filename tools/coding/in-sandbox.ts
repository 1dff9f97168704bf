import type { Sandbox, Unconfined } from '../../state/sandbox.ts'
import { type Command, type Ending, runCommand } from './run-command.ts'

/** Runs a command in a sandbox, where there is one. */
export async function inSandbox(
  sandbox: Sandbox | undefined,
  { workspace, ...command }: Omit<Command, 'guard'> & Pick<Unconfined, 'workspace'>
): Promise<Ending> {
  if (!sandbox) return runCommand(command)
  const confined = await sandbox.confine({ ...command, workspace })
  try {
    const { argv, env, guard } = confined
    return await runCommand({ ...command, argv, env, guard })
  } finally {
    await confined.release()
  }
}
