import { type ChildProcessByStdio, spawn } from 'node:child_process'
import { once } from 'node:events'
import type { Readable, Writable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { builtFile } from './built.ts'

type Runner = ChildProcessByStdio<Writable, Readable, null>

const SCRIPT = fileURLToPath(new URL('./open-store.ts', import.meta.url))

/** Processes that open the same store at the same moment, each opening the same ask: what each was told, `new` or `known`. */
export async function raceToOpen(url: string, { processes }: { processes: number }): Promise<string[]> {
  const runners = await Promise.all(Array.from({ length: processes }, () => atTheStart(url)))
  for (const runner of runners) runner.stdin.write('go\n')
  return Promise.all(runners.map(async (runner) => (await text(runner.stdout)).trim()))
}

async function atTheStart(url: string): Promise<Runner> {
  const runner = spawn(process.execPath, [builtFile(SCRIPT), url], { stdio: ['pipe', 'pipe', 'inherit'] })
  await once(runner.stdout, 'data') // ready
  return runner
}
