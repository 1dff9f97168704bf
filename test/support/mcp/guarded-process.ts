// A process that calls a guarded server with credentials in files, once it is told to, and says what came of it.
// node guarded-process.js URL DIRECTORY KEY
import { once } from 'node:events'
import { sealedTexts } from '../../../checkpointers/sealed-texts.ts'
import { mcpHub } from '../../../tools/mcp/hub.ts'
import { keptCredentials } from '../../../tools/mcp/oauth/kept-credentials.ts'
import { pinsOfFirstSight } from '../../../tools/mcp/pins.ts'
import { toolRun } from '../tool-run.ts'

const [url, directory, encryptionKey] = process.argv.slice(2) as [string, string, string]
const hub = mcpHub({
  servers: { guarded: { url, reach: ['loopback'] } },
  pins: pinsOfFirstSight(),
  credentials: keptCredentials(sealedTexts(directory, { encryptionKey }))
})
console.log('ready')
await once(process.stdin, 'data')
const tool = hub.find('guarded__whoami', null)!
const said = await Promise.resolve(tool.run({}, { ...toolRun(), callId: 'call' })).then(
  (output) => (typeof output === 'string' ? { output } : output),
  ({ code, message }: { code?: string; message: string }) => ({ error: code, message })
)
console.log(JSON.stringify(said))
await hub.close()
process.exit()
