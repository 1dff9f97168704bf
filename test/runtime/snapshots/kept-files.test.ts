import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { CheckpointTuple } from '@langchain/langgraph'
import { afterEach, assert, beforeEach, describe, it } from 'vitest'
import { openStore } from '../../../checkpointers/open.ts'
import type { Store } from '../../../checkpointers/store.ts'
import { defineAgent } from '../../../prebuilt/define-agent.ts'
import { agentRuntime } from '../../../runtime/agent-runtime.ts'
import { sleep as asUsual } from '../../../runtime/pace.ts'
import { goBack } from '../../../runtime/snapshots/go-back.ts'
import { filesOf, type KeepingOptions, saidOfFiles } from '../../../runtime/snapshots/kept-files.ts'
import type { AgentEvent } from '../../../state/events.ts'
import { allow } from '../../../state/remit.ts'
import { collected } from '../../support/collected.ts'
import { isRunning } from '../../support/is-running.ts'
import { playing } from '../../support/script.ts'
import { type KeptWorkspace, keptWorkspace } from '../../support/snapshots.ts'
import { tempDir } from '../../support/temp-dir.ts'
import { writer } from '../../support/writer.ts'

let store: Store
beforeEach(async () => {
  store = await openStore('memory:')
})
afterEach(() => store.close())

function runtimeFor(kept: KeptWorkspace, options: Partial<KeepingOptions> = {}) {
  return agentRuntime({ store, agents: [writer], snapshots: { directory: kept.directory, ...options } })
}

/** Oldest first. */
async function checkpointsOf(threadId: string): Promise<CheckpointTuple[]> {
  const tuples: CheckpointTuple[] = []
  for await (const tuple of store.saver.list({ configurable: { thread_id: threadId, checkpoint_ns: '' } }))
    tuples.unshift(tuple)
  return tuples
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await sleep(20)
}

type Kept = Extract<AgentEvent, { type: 'files.kept' }>
type Missed = Extract<AgentEvent, { type: 'files.missed' }>

describe('a checkpoint', () => {
  it('says which snapshot has the files as they were then, and they can be made so again', async () => {
    const kept = await keptWorkspace({ a: '0' })
    const runtime = runtimeFor(kept)
    const { threadId } = await runtime.startTurn({ agent: 'writer', input: 'a=1 b=2 a=3', workspace: kept.root })
    const files = (await checkpointsOf(threadId)).map(({ metadata }) => filesOf(metadata))
    assert.ok(files.every((id) => id !== undefined))
    const states: Record<string, string>[] = []
    for (const to of new Set(files)) {
      const { id: base } = await kept.snapshots.take()
      assert.equal((await kept.snapshots.restore(to!, { base })).status, 'restored')
      states.push(await kept.everything())
    }
    assert.deepEqual(states, [{ a: '- 0' }, { a: '- 1' }, { a: '- 1', b: '- 2' }, { a: '- 3', b: '- 2' }])
    await runtime.close()
  })

  it('has the edits of a person between two turns', async () => {
    const kept = await keptWorkspace({ a: '0' })
    const runtime = runtimeFor(kept)
    const { threadId } = await runtime.startTurn({ agent: 'writer', input: 'a=1', workspace: kept.root })
    const before = await checkpointsOf(threadId)
    await kept.write({ notes: 'by hand' })
    await runtime.startTurn({ agent: 'writer', input: 'a=2', threadId })
    const [input] = (await checkpointsOf(threadId)).slice(before.length)
    const compared = await kept.snapshots.compare(filesOf(before.at(-1)!.metadata)!, filesOf(input!.metadata)!)
    assert.deepEqual(
      compared.map(({ path }) => path),
      ['notes']
    )
    await runtime.close()
  })

  it('of a child has them too', async () => {
    const kept = await keptWorkspace()
    const lead = defineAgent({
      name: 'lead',
      delegates: [writer],
      remit: [allow('write'), allow('edit')],
      model: playing((task, results) => results[0] ?? [{ name: 'delegate', args: { agent: 'writer', task } }])
    })
    const runtime = agentRuntime({ store, agents: [lead], snapshots: { directory: kept.directory } })
    const { threadId } = await runtime.startTurn({ agent: 'lead', input: 'a=1 b=2', workspace: kept.root })
    const { subtree } = await runtime.getSnapshot(threadId)
    const files = (await checkpointsOf(subtree[1]!.thread.threadId)).map(({ metadata }) => filesOf(metadata))
    assert.equal(new Set(files).size, 3)
    assert.equal(filesOf((await checkpointsOf(threadId)).at(-1)!.metadata), files.at(-1))
    await runtime.close()
  })

  it('says nothing of files where there is no workspace, or nobody wants them kept', async () => {
    const kept = await keptWorkspace({ a: '0' })
    const without = agentRuntime({ store, agents: [writer] })
    const turns = [
      await without.startTurn({ agent: 'writer', input: 'a=1', workspace: kept.root }),
      await runtimeFor(kept).startTurn({ agent: 'writer', input: 'done' })
    ]
    for (const { threadId } of turns)
      for (const { metadata } of await checkpointsOf(threadId)) assert.notProperty(metadata, 'files')
  })
})

describe('going back to a checkpoint', () => {
  it('takes the files along, and leaves what a person did since', async () => {
    const kept = await keptWorkspace({ a: '0' })
    const runtime = runtimeFor(kept)
    const { threadId } = await runtime.startTurn({ agent: 'writer', input: 'a=1 b=2', workspace: kept.root })
    await runtime.close()
    const leaving = (await store.journal.thread(threadId))!
    const [{ metadata }] = (await checkpointsOf(threadId)) as [CheckpointTuple]
    const to = saidOfFiles(metadata)
    const files = { of: async () => kept.snapshots, moved: () => {} }
    const parts = { files, saver: store.saver, journal: store.journal }
    await kept.write({ a: 'by hand' })
    const stopped = await goBack({ leaving, to }, parts)
    assert.deepEqual(stopped.status === 'conflicts' && stopped.conflicts.map(({ path }) => path), ['a'])
    const back = await goBack({ leaving, to, onConflict: 'keep' }, parts)
    assert.equal(back.status, 'restored')
    assert.deepEqual(await kept.everything(), { a: '- by hand' })
    if (back.status === 'restored') await kept.snapshots.undo(back.restoreId)
    assert.deepEqual(await kept.everything(), { a: '- by hand', b: '- 2' })
  })

  it('says so where no files were kept at it', async () => {
    const kept = await keptWorkspace({ a: '0' })
    const runtime = agentRuntime({ store, agents: [writer] })
    const { threadId } = await runtime.startTurn({ agent: 'writer', input: 'a=1', workspace: kept.root })
    const leaving = (await store.journal.thread(threadId))!
    const [{ metadata }] = (await checkpointsOf(threadId)) as [CheckpointTuple]
    const files = { of: async () => kept.snapshots, moved: () => {} }
    const parts = { files, saver: store.saver, journal: store.journal }
    assert.deepEqual(await goBack({ leaving, to: saidOfFiles(metadata) }, parts), { status: 'unknown' })
    assert.deepEqual(await kept.everything(), { a: '- 1' })
  })
})

describe('the events of a tree', () => {
  it('tell what each step has done to the files, and what is not kept', async () => {
    const kept = await keptWorkspace({ a: '0', 'huge.bin': 'x'.repeat(5000) }, { maxFileBytes: 1000 })
    const runtime = runtimeFor(kept, { maxFileBytes: 1000 })
    const turn = await runtime.startStreamingTurn({ agent: 'writer', input: 'a=1 b=2', workspace: kept.root })
    const events = (await collected(turn)).filter((event): event is Kept & AgentEvent => event.type === 'files.kept')
    assert.deepEqual(
      events.map(({ changes }) => changes.map(({ path, kind }) => `${path} ${kind}`)),
      [[], ['a changed'], ['b added']]
    )
    for (const { skipped } of events) assert.deepEqual(skipped, [{ path: 'huge.bin', why: 'too large' }])
    const known = new Set((await checkpointsOf(turn.threadId)).map(({ checkpoint }) => checkpoint.id))
    for (const { checkpointId } of events) assert.ok(known.has(checkpointId))
    await runtime.close()
  })

  it('tell once that git is missing, and the turn goes on', async () => {
    const kept = await keptWorkspace({ a: '0' })
    const runtime = runtimeFor(kept, { env: { ...process.env, PATH: await tempDir() } })
    const turn = await runtime.startStreamingTurn({ agent: 'writer', input: 'a=1 b=2', workspace: kept.root })
    const events = await collected(turn)
    assert.deepEqual((await turn.result).outcome, { status: 'completed', text: 'done' })
    const missed = events.filter((event): event is Missed & AgentEvent => event.type === 'files.missed')
    assert.equal(missed.length, 1)
    assert.deepEqual(missed[0]!.error, {
      code: 'SNAPSHOT_FAILED',
      message: 'git is not installed, or not on the PATH'
    })
    await runtime.close()
  })

  it('tell that a snapshot takes too long, and no step waits for that one any more', async () => {
    const kept = await keptWorkspace({ a: '0' })
    const bin = await tempDir()
    await writeFile(join(bin, 'git'), `#!/bin/sh\necho $$ > ${join(bin, 'pid')}\nexec sleep 600\n`, { mode: 0o755 })
    const env = { ...process.env, PATH: `${bin}:${process.env.PATH}` }
    const waits: number[] = []
    const runtime = agentRuntime({
      store,
      agents: [writer],
      snapshots: { directory: kept.directory, env, waitMs: 50 },
      sleep(ms, signal) {
        waits.push(ms)
        return asUsual(ms, signal)
      }
    })
    const turn = await runtime.startStreamingTurn({ agent: 'writer', input: 'a=1 b=2 c=3', workspace: kept.root })
    const events = await collected(turn)
    assert.deepEqual((await turn.result).outcome, { status: 'completed', text: 'done' })
    const missed = events.filter((event): event is Missed & AgentEvent => event.type === 'files.missed')
    assert.deepEqual(
      missed.map(({ error }) => error.message),
      ['the snapshot was not taken within 50 ms']
    )
    assert.deepEqual(await kept.everything(), { a: '- 1', b: '- 2', c: '- 3' })
    assert.lengthOf(
      waits.filter((ms) => ms === 50),
      1
    )
    const pid = Number(await readFile(join(bin, 'pid'), 'utf8'))
    await runtime.close()
    await until(() => !isRunning(pid))
  })
})
