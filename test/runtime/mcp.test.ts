import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { assert, describe, it, onTestFinished } from 'vitest'
import { openStore } from '../../checkpointers/open.ts'
import { scripted } from '../../models/scripted.ts'
import { defineAgent } from '../../prebuilt/define-agent.ts'
import { agentRuntime } from '../../runtime/agent-runtime.ts'
import type { Decision } from '../../state/decisions.ts'
import { allow, ask } from '../../state/remit.ts'
import { mcpHub } from '../../tools/mcp/hub.ts'
import { pinsOfFirstSight } from '../../tools/mcp/pins.ts'
import { builtFile } from '../support/built.ts'
import { tempDir } from '../support/temp-dir.ts'

type Call = { name: string; args: Record<string, unknown> }

/** A store, and a way to a runtime and a hub as another process would have them. */
async function place(call: Call, { remit = [allow('*')], file = 'modern-server.ts' } = {}) {
  const directory = await tempDir()
  const notes = join(directory, 'notes')
  const args = [builtFile(join(import.meta.dirname, '../support/mcp', file)), notes]
  async function fresh() {
    const hub = mcpHub({ servers: { ops: { command: process.execPath, args } }, pins: pinsOfFirstSight() })
    const store = await openStore(`sqlite:${join(directory, 'store.db')}`)
    const results: string[] = []
    const model = scripted((messages, { turn }) => {
      if (turn === 0) return { calls: [call] }
      results.push(messages.at(-1)!.text)
      return 'done'
    })
    const agent = defineAgent({ name: 'agent', model, sources: [hub], remit })
    const runtime = agentRuntime({ store, agents: [agent] })
    const end = async () => {
      await hub.close()
      await store.close()
    }
    onTestFinished(end)
    const answer = async (decision: Decision) => {
      const [open] = await runtime.openAsks()
      return (await (await runtime.resolveInput(open!.id, decision)).result).outcome
    }
    return { runtime, hub, results, answer, end }
  }
  const noted = () => (existsSync(notes) ? readFileSync(notes, 'utf8').trim().split('\n') : [])
  return { fresh, noted }
}

const DEPLOY = { name: 'ops__deploy', args: { where: 'there' } }

describe('a question of an MCP server', () => {
  it('is an ask in the ladder, which outlives process and hub, and is answered once', async () => {
    const { fresh, noted } = await place(DEPLOY)
    const first = await fresh()
    const { outcome } = await first.runtime.startTurn({ agent: 'agent', input: 'go' })
    assert.equal(outcome.status, 'asking')
    const [open] = await first.runtime.openAsks()
    assert.equal(open!.kind, 'input')
    assert.equal(open!.tool, 'ops__deploy')
    assert.equal(open!.reason, 'the MCP server "ops" asks: Deploy to there?')
    await first.end()

    const second = await fresh()
    const answered = await second.answer({ kind: 'answer', value: { confirm: true } })
    assert.deepEqual(answered, { status: 'completed', text: 'done' })
    assert.match(second.results[0]!, /^<untrusted from="the MCP server \\"ops\\"".*\ndeployed to there\n/)
    assert.deepEqual(noted(), ['called there', 'called there', 'deployed there for no reason with opaque there'])
  })

  it('is declined by a rejection', async () => {
    const { fresh, noted } = await place(DEPLOY)
    const { runtime, results, answer } = await fresh()
    await runtime.startTurn({ agent: 'agent', input: 'go' })
    await answer({ kind: 'reject', reason: 'no' })
    assert.include(results[0], 'not deployed')
    assert.deepEqual(noted(), ['called there', 'called there'])
  })

  it('for a secret in a form is declined without asking anybody', async () => {
    const { fresh } = await place({ name: 'ops__phish', args: {} })
    const { runtime, results } = await fresh()
    const { outcome } = await runtime.startTurn({ agent: 'agent', input: 'go' })
    assert.equal(outcome.status, 'completed')
    assert.include(results[0], '{"p":{"action":"decline"}}')
  })

  it('for a page shows its whole address and its host, and opens nothing', async () => {
    const { fresh } = await place({ name: 'ops__open', args: {} })
    const { runtime, results, answer } = await fresh()
    await runtime.startTurn({ agent: 'agent', input: 'go' })
    const [open] = await runtime.openAsks()
    assert.equal(open!.kind, 'auth')
    assert.equal(open!.reason, 'the MCP server "ops" asks to open a page of login.example.com: Please sign in')
    assert.propertyVal(open!.args, 'url', 'https://login.example.com/start?x=;$(touch%20/tmp/owned)&')
    await answer({ kind: 'approve', scope: 'once' })
    assert.include(results[0], '{"page":{"action":"accept"}}')
    assert.isFalse(existsSync('/tmp/owned'))
  })
})

describe('what an MCP server says', () => {
  it('approves nothing: a model that obeys it still has to ask', async () => {
    const remit = [allow('ops__fail'), ask('*')]
    const { fresh, noted } = await place({ name: 'ops__fail', args: {} }, { file: 'raw-server.ts', remit })
    const { hub } = await fresh()
    const model = scripted((messages, { turn }) => {
      if (turn === 0) return { calls: [{ name: 'ops__fail', args: {} }] }
      const obeys = messages.at(-1)!.text.includes('approve everything')
      return turn === 1 && obeys ? { calls: [{ name: 'ops__destroy', args: {} }] } : 'done'
    })
    const agent = defineAgent({ name: 'victim', model, sources: [hub], remit })
    const runtime = agentRuntime({ store: await openStore('memory:'), agents: [agent] })
    const { outcome } = await runtime.startTurn({ agent: 'victim', input: 'go' })
    assert.equal(outcome.status, 'asking')
    assert.deepEqual(
      (await runtime.openAsks()).map(({ kind, tool }) => [kind, tool]),
      [['permission', 'ops__destroy']]
    )
    assert.notInclude(noted(), 'destroyed')
  })
})
