import type { Argv } from '../../state/sandbox.ts'

/**
 * The command behind a program that stands between it and the way out: programs speak to proxies by TCP, and a socket in the
 * file system is all that leads out. It ends as the command does, and waits for it when it is asked to end.
 */
export function relayed(argv: Argv, socket: string): Argv {
  return [process.execPath, '-e', RELAY, socket, ...argv]
}

/** Runs inside, where none of our files are. */
const RELAY = `
const { createServer, connect } = require('node:net')
const { spawn } = require('node:child_process')
const [socket, program, ...args] = process.argv.slice(1)
process.on('SIGTERM', () => {})
const server = createServer((client) => {
  const out = connect(socket)
  const end = () => { client.destroy(); out.destroy() }
  for (const side of [client, out]) side.on('error', end).on('close', end)
  client.pipe(out).pipe(client)
})
server.listen(0, '127.0.0.1', () => {
  const proxy = 'http://127.0.0.1:' + server.address().port
  const env = { ...process.env, NO_PROXY: 'localhost,127.0.0.1,::1', NODE_USE_ENV_PROXY: '1' }
  for (const name of ['HTTP_PROXY', 'HTTPS_PROXY', 'ALL_PROXY']) env[name] = env[name.toLowerCase()] = proxy
  env.no_proxy = env.NO_PROXY
  const child = spawn(program, args, { stdio: 'inherit', env })
  child.on('error', (error) => { console.error(error.message); process.exit(127) })
  child.on('exit', (code, signal) => process.exit(signal ? 128 + require('node:os').constants.signals[signal] : code))
})
`
