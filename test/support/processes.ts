import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'

/** A TypeScript file as a process of its own. */
export function startProcess(file: string, args: readonly string[]): ChildProcessWithoutNullStreams {
  const child = spawn(process.execPath, ['--import', 'tsx', file, ...args], { stdio: ['pipe', 'pipe', 'pipe'] })
  child.stderr.on('data', (text) => process.stderr.write(text))
  return child
}

/** The first line it prints, as JSON. */
export async function firstLine(child: ChildProcessWithoutNullStreams): Promise<unknown> {
  const ended = once(child, 'exit').then(([code]) =>
    Promise.reject(new Error(`exited with ${code} before it said a word`))
  )
  const lines = createInterface(child.stdout)
  const line = await Promise.race([once(lines, 'line'), ended])
  ended.catch(() => {})
  return JSON.parse(line[0])
}

/** Kills it as `kill -9` does, and waits until it is gone. */
export async function killHard(child: ChildProcessWithoutNullStreams): Promise<void> {
  const gone = once(child, 'exit')
  child.kill('SIGKILL')
  await gone
}

/** Runs it to its end; gives the one line that it prints. */
export async function finish(file: string, args: readonly string[]): Promise<unknown> {
  const child = startProcess(file, args)
  const gone = once(child, 'exit')
  const line = await firstLine(child)
  await gone
  return line
}
