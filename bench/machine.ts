import { readFileSync } from 'node:fs'
import { cpus, totalmem } from 'node:os'

export interface Machine {
  readonly cpu: string
  readonly cores: number
  readonly memoryGiB: number
  readonly node: string
}

export function machine(): Machine {
  const all = cpus()
  return {
    cpu: all[0]?.model ?? 'unknown',
    cores: all.length,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    node: process.version
  }
}

const MEASURED = [
  '@langchain/core',
  '@langchain/langgraph',
  '@langchain/langgraph-checkpoint',
  '@langchain/langgraph-checkpoint-sqlite',
  'better-sqlite3',
  'langchain'
]

/** As installed: of this project and of what takes part. */
export function versions(): Record<string, string> {
  const installed = MEASURED.map((name) => [name, versionIn(`../node_modules/${name}/package.json`)])
  return { deputy: versionIn('../package.json'), ...Object.fromEntries(installed) }
}

function versionIn(manifest: string): string {
  const { version } = JSON.parse(readFileSync(new URL(manifest, import.meta.url), 'utf8')) as { version: string }
  return version
}
