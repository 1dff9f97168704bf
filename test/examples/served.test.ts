import { existsSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Client, type StreamMode } from '@langchain/langgraph-sdk'
import { afterAll, assert, beforeAll, describe, it } from 'vitest'
import type { AgentState } from '../../state/agent.ts'
import type { Ask, Waiting } from '../../state/asks.ts'
import { makeTempDir } from '../support/temp-dir.ts'
import { type DevServer, prepareDirectory, startDevServer } from './dev-server.ts'

type Values = AgentState & Record<string, unknown>

const streamMode: StreamMode[] = ['updates', 'custom', 'messages-tuple']
const STREAM = { streamMode, streamSubgraphs: true }

let directory: Awaited<ReturnType<typeof makeTempDir>>
let server: DevServer
let client: Client<Values>

beforeAll(async () => {
  directory = await makeTempDir()
  await prepareDirectory(directory.path)
  const workspace = join(directory.path, 'workspace')
  await mkdir(workspace)
  await writeFile(join(workspace, 'notes.txt'), 'hello\n')
  server = await startDevServer({ directory: directory.path, workspace })
  client = new Client<Values>({ apiUrl: server.url })
}, 90_000)

afterAll(async () => {
  await server?.stop()
  await directory.remove()
})

/** The names of the events of a run, in order. */
async function eventsOf(stream: AsyncIterable<{ event: string; data: unknown }>): Promise<string[]> {
  const events: string[] = []
  for await (const { event, data } of stream) {
    assert.notEqual(event.split('|')[0], 'error', JSON.stringify(data))
    events.push(event)
  }
  return events
}

async function asksOf(threadId: string): Promise<Ask[]> {
  const { tasks } = await client.threads.getState(threadId)
  return tasks.flatMap(({ interrupts }) => interrupts.flatMap(({ value }) => (value as Waiting).asks))
}

async function outcomeOf(threadId: string) {
  return (await client.threads.getState(threadId)).values.outcome
}

async function runTeam(command: string): Promise<{ threadId: string; events: string[] }> {
  const { thread_id: threadId } = await client.threads.create()
  const input = { messages: [{ role: 'user', content: `What is here? Run \`${command}\`.` }] }
  return { threadId, events: await eventsOf(client.runs.stream(threadId, 'team', { input, ...STREAM })) }
}

async function approve(threadId: string, { id }: Ask): Promise<string[]> {
  const command = { resume: { [id]: { kind: 'approve', scope: 'once' } } }
  return eventsOf(client.runs.stream(threadId, 'team', { command, ...STREAM }))
}

describe('the graphs of langgraph.json under the official dev server', () => {
  it("shows a child's ask as an interrupt of the root, and a resume by its id lets the child act", async () => {
    const { threadId, events } = await runTeam('cat notes.txt')
    for (const mode of ['updates', 'custom', 'messages'])
      assert.ok(
        events.some((event) => event.startsWith(`${mode}|researcher:`)),
        `${mode} of the child in ${events.join()}`
      )

    const asks = await asksOf(threadId)
    assert.deepEqual(
      asks.map(({ path, tool, args }) => ({ path, tool, command: (args as { command: string }).command })),
      [{ path: 'team/verifier', tool: 'shell', command: 'cat notes.txt' }]
    )

    const after = await approve(threadId, asks[0]!)
    assert.ok(after.some((event) => event.startsWith('custom|verifier:')))
    assert.deepEqual(await outcomeOf(threadId), {
      status: 'completed',
      text: 'In the workspace:\nnotes.txt\n\nIt said: hello\n'
    })
  })

  it('reads the history and forks from an earlier checkpoint, where the child asks anew', async () => {
    const { threadId } = await runTeam('cat notes.txt')
    const [first] = await asksOf(threadId)
    await approve(threadId, first!)
    const history = await client.threads.getHistory(threadId, { limit: 100 })
    const beforeTheFirstThought = history.findLast(({ next }) => next.includes('think'))
    const checkpointId = beforeTheFirstThought?.checkpoint.checkpoint_id
    assert.ok(checkpointId)

    await eventsOf(client.runs.stream(threadId, 'team', { input: null, checkpointId, ...STREAM }))
    const [second] = await asksOf(threadId)
    assert.equal(second?.path, 'team/verifier')
    assert.notEqual(second?.threadId, first?.threadId)
    assert.ok((await client.threads.getHistory(threadId, { limit: 100 })).length > history.length)
  })

  it('serves the single agent as well', async () => {
    const { thread_id: threadId } = await client.threads.create()
    const input = { messages: [{ role: 'user', content: 'Run `cat notes.txt`.' }] }
    await eventsOf(client.runs.stream(threadId, 'agent', { input, ...STREAM }))
    const [ask] = await asksOf(threadId)
    assert.equal(ask?.path, 'agent')
    const command = { resume: { [ask!.id]: { kind: 'reject', reason: 'not now' } } }
    await eventsOf(client.runs.stream(threadId, 'agent', { command, ...STREAM }))
    assert.deepEqual(await outcomeOf(threadId), { status: 'completed', text: 'It said:\nREJECTED: not now' })
  })

  it('stops the children of a run that is cancelled', async () => {
    const late = join(directory.path, 'workspace', 'late')
    const { threadId } = await runTeam(`touch ${late}.1; sleep 2; touch ${late}.2`)
    const [ask] = await asksOf(threadId)
    const command = { resume: { [ask!.id]: { kind: 'approve', scope: 'once' } } }
    const { run_id: runId } = await client.runs.create(threadId, 'team', { command })
    await untilThere(`${late}.1`)
    await client.runs.cancel(threadId, runId, true)
    await sleep(3000)
    assert.equal(existsSync(`${late}.2`), false)
  })
})

async function untilThere(path: string): Promise<void> {
  for (let waited = 0; waited < 10_000 && !existsSync(path); waited += 50) await sleep(50)
  assert.ok(existsSync(path), `${path} was not made`)
}
