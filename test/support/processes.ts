import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { builtFile } from './built.ts'

/** A TypeScript file as a process of its own. */
export function startProcess(file: string, args: readonly string[]): ChildProcessWithoutNullStreams {
  const child = spawn(process.execPath, [builtFile(file), ...args], { stdio: ['pipe', 'pipe', 'pipe'] })
  child.stderr.on('data', (text) => process.stderr.write(text))
  return child
}

/** The first line that it prints. */
export async function firstLine(child: ChildProcessWithoutNullStreams): Promise<string> {
  for await (const line of createInterface(child.stdout)) return line
  throw new Error('it ended before it said a word')
}

/** Kills it as `kill -9` does, and waits until it is gone. */
export async function killHard(child: ChildProcessWithoutNullStreams): Promise<void> {
  const gone = once(child, 'exit')
  child.kill('SIGKILL')
  await gone
}

/** Runs it to its end; gives the lines that it printed. */
export async function finish(file: string, args: readonly string[]): Promise<string[]> {
  const child = startProcess(file, args)
  const gone = once(child, 'exit')
  const lines: string[] = []
  for await (const line of createInterface(child.stdout)) lines.push(line)
  const [code] = await gone
  if (code !== 0) throw new Error(`${file} ended with ${code}`)
  return lines
}
