import { mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { onTestFinished } from 'vitest'
import type { ToolRun } from '../../state/context.ts'
import type { Tool } from '../../tools/tool.ts'

/** A real directory with an agent's workspace in it; all of it is gone when the test is over. */
export interface TempWorkspace {
  /** The workspace. */
  readonly root: string
  /** What lies beside the workspace, where no tool may reach. */
  readonly outside: string
  /** Everything that tools reported while they ran. */
  readonly progressed: string[]
  path(name: string): string
  /** Calls a tool as an agent does: its arguments are checked first. */
  call(tool: Tool, args: Record<string, unknown>, signal?: AbortSignal): Promise<string>
}

export async function tempWorkspace(files: Record<string, string | Uint8Array> = {}): Promise<TempWorkspace> {
  const base = await realpath(await mkdtemp(join(tmpdir(), 'deputy-test-')))
  onTestFinished(() => rm(base, { recursive: true, force: true }))
  const root = join(base, 'app')
  const outside = join(base, 'app-secrets')
  await mkdir(root)
  await mkdir(outside)
  for (const [name, content] of Object.entries(files)) {
    await mkdir(dirname(join(root, name)), { recursive: true })
    await writeFile(join(root, name), content)
  }
  const progressed: string[] = []
  const progress = (text: string) => void progressed.push(text)
  return {
    root,
    outside,
    progressed,
    path: (name) => join(root, name),
    call: (tool, args, signal = new AbortController().signal) =>
      callTool(tool, args, { workspace: root, signal, progress })
  }
}

type Given = Pick<ToolRun, 'workspace' | 'signal' | 'progress'>

/** Calls a tool in the middle of nowhere: no clock moves, nothing is kept. */
export async function callTool(tool: Tool, args: Record<string, unknown>, given: Given): Promise<string> {
  const parsed = tool.parse(args)
  if (!parsed.ok) throw new TypeError(parsed.error)
  const output = await tool.run(parsed.args, {
    ...given,
    callId: 'call-1',
    threadId: 'thread-1',
    principal: null,
    idempotencyKey: 'thread-1:call-1',
    clock: { now: () => 0 },
    outputs: { put: async () => {}, get: async () => undefined }
  })
  if (typeof output === 'string') return output
  return 'output' in output ? output.output : JSON.stringify(output.needs)
}
