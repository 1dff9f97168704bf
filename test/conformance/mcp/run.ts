// The official MCP conformance suite on the hub, for both revisions of the protocol; whatever it requires has to pass.
import { spawn } from 'node:child_process'
import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { bundle } from '../../../build/bundle.ts'

const REPOSITORY = join(import.meta.dirname, '../../..')
const OUT = join(REPOSITORY, '.deputy/conformance')
const CLIENT = 'test/conformance/mcp/client.ts'
const CLI = join(REPOSITORY, 'node_modules/@modelcontextprotocol/conformance/dist/index.js')
/** What the suite requires of a client, frozen for each revision. */
const REQUIRED = { '2025-11-25': 18, '2026-07-28': 32 } as const

/** Runs the client half of the suite; gives what it said last, and whether all that is required has passed. */
function suite(
  revision: string,
  { client, only }: { client: string; only: string | undefined }
): Promise<{ passed: boolean; said: string }> {
  const preload = join(import.meta.dirname, 'node20.mjs')
  const chosen =
    only === undefined ? ['--requirements', revision] : ['--scenario', only, '--spec-version', revision, '--verbose']
  const args = [
    '--import',
    preload,
    CLI,
    'client',
    ...chosen,
    '--command',
    `${process.execPath} ${client}`,
    '-o',
    join(OUT, revision)
  ]
  const child = spawn(process.execPath, args, { cwd: OUT, stdio: ['ignore', 'pipe', 'pipe'] })
  let said = ''
  for (const pipe of [child.stdout, child.stderr]) pipe.setEncoding('utf8').on('data', (text: string) => (said += text))
  return new Promise((resolve) => child.on('close', (code) => resolve({ passed: code === 0, said })))
}

const only = process.argv[2] === '-' ? undefined : process.argv[2]
const wanted = process.argv[3]
await rm(OUT, { recursive: true, force: true })
await mkdir(OUT, { recursive: true })
await bundle([CLIENT], join(OUT, 'built'))
const client = join(OUT, 'built', CLIENT.replace(/\.ts$/, '.js'))
for (const [revision, required] of Object.entries(REQUIRED)) {
  if (wanted !== undefined && wanted !== revision) continue
  const { passed, said } = await suite(revision, { client, only })
  if (!passed || only !== undefined) console.log(said)
  console.log(`MCP ${revision}, client: ${passed ? 'all' : 'not all'} of the ${required} required scenarios passed`)
  if (!passed) process.exitCode = 1
}
