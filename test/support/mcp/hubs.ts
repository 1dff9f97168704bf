import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { type McpHub, type McpHubInit, mcpHub } from '../../../tools/mcp/hub.ts'
import { pinsOfFirstSight } from '../../../tools/mcp/pins.ts'
import type { McpServerInit } from '../../../tools/mcp/server.ts'
import { builtFile } from '../built.ts'
import { tempDir } from '../temp-dir.ts'
import { toolRun } from '../tool-run.ts'

export const NEVER = new AbortController().signal

/** A hub that ends with its test, and trusts what it sees first. */
export function hubOf(init: Partial<McpHubInit> & Pick<McpHubInit, 'servers'>): McpHub {
  const hub = mcpHub({ pins: pinsOfFirstSight(), ...init })
  onTestFinished(() => hub.close())
  return hub
}

/** The raw server as a process, and what it noted. */
export async function rawServer(mode = '', more: Partial<McpServerInit> = {}) {
  const notes = join(await tempDir(), 'notes')
  const file = builtFile(join(import.meta.dirname, 'raw-server.ts'))
  const server = { command: process.execPath, args: [file, notes, mode], ...more } as McpServerInit
  return { server, notes: () => (existsSync(notes) ? readFileSync(notes, 'utf8').trim().split('\n') : []) }
}

/** Calls a tool of a hub as a coordinator would; what it gives back, or what it throws. */
export async function called(
  hub: McpHub,
  name: string,
  args: Record<string, unknown> = {},
  run: Parameters<typeof toolRun>[0] = {}
) {
  const tool = hub.find(name, run.principal ?? null)
  if (!tool) throw new TypeError(`no tool ${name}`)
  const parsed = tool.parse(args)
  if (!parsed.ok) return { refused: parsed.error }
  try {
    const output = await tool.run(parsed.args, { ...toolRun(run), callId: 'call' })
    return typeof output === 'string' ? { output } : output
  } catch (error) {
    const { code, message } = error as Error & { code?: string }
    return { error: code ?? 'none', message }
  }
}
