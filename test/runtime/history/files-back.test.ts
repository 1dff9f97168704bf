import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { CheckpointTuple } from '@langchain/langgraph'
import { afterEach, assert, beforeEach, describe, it } from 'vitest'
import { z } from 'zod'
import { openStore } from '../../../checkpointers/open.ts'
import type { Store } from '../../../checkpointers/store.ts'
import { defineAgent } from '../../../prebuilt/define-agent.ts'
import { type AgentRuntime, agentRuntime } from '../../../runtime/agent-runtime.ts'
import type { Rewound } from '../../../runtime/history/take-place.ts'
import { goBack } from '../../../runtime/snapshots/go-back.ts'
import { filesOf, type KeepingOptions, saidOfFiles } from '../../../runtime/snapshots/kept-files.ts'
import type { AgentEvent } from '../../../state/events.ts'
import { allow } from '../../../state/remit.ts'
import { tool } from '../../../tools/tool.ts'
import { collected } from '../../support/collected.ts'
import { type CrashPoint, crashingStore, mortalProcess } from '../../support/crashing-store.ts'
import { held } from '../../support/held.ts'
import { refused } from '../../support/refused.ts'
import { playing } from '../../support/script.ts'
import { type KeptWorkspace, keptWorkspace } from '../../support/snapshots.ts'
import { ALL_STORES, type StorePlace } from '../../support/stores.ts'
import { tempDir } from '../../support/temp-dir.ts'
import { keptOf, rewound } from '../../support/travel.ts'
import { writer } from '../../support/writer.ts'

const lead = defineAgent({
  name: 'lead',
  delegates: [writer],
  remit: [allow('write'), allow('edit')],
  model: playing((task, results) => results[0] ?? [{ name: 'delegate', args: { agent: 'writer', task } }])
})

type Kept = Extract<AgentEvent, { type: 'files.kept' }>

/** What the files are after each of three turns. */
const AFTER = [
  { a: '- 1', own: '- mine' },
  { a: '- 2', b: '- 1', own: '- mine' },
  { a: '- 2', b: '- 2', c: '- 1', own: '- mine' }
] as const

for (const [name, makePlace] of ALL_STORES)
  describe(`the files of a workspace, taken back with the conversation, on ${name}`, () => {
    let place: StorePlace
    let store: Store
    let kept: KeptWorkspace
    let runtime: AgentRuntime
    beforeEach(async () => {
      place = await makePlace()
      store = await openStore(place.url)
      kept = await keptWorkspace({ own: 'mine' })
      runtime = keeping()
    })
    afterEach(async () => {
      await runtime.close()
      await store.close()
      await place.remove()
    })

    /** As another process would make it. */
    function keeping(on = store, options: Partial<KeepingOptions> = {}): AgentRuntime {
      return agentRuntime({ store: on, agents: [writer, lead], snapshots: { directory: kept.directory, ...options } })
    }

    /** Three turns, each with the last checkpoint of it. */
    async function threeTurns(): Promise<{ threadId: string; ends: readonly string[] }> {
      const { threadId } = await runtime.startTurn({ agent: 'writer', input: 'a=1', workspace: kept.root })
      const ends = [await headOf(threadId)]
      for (const input of ['a=2 b=1', 'b=2 c=1']) {
        await runtime.startTurn({ agent: 'writer', input, threadId })
        ends.push(await headOf(threadId))
      }
      assert.deepEqual(await kept.everything(), AFTER[2])
      return { threadId, ends }
    }

    async function headOf(threadId: string): Promise<string> {
      return (await runtime.history(threadId, { limit: 1 }))[0]!.checkpointId
    }

    async function inputsOf(threadId: string): Promise<string[]> {
      const { values } = await runtime.getSnapshot(threadId)
      return (values.messages as { text: string; getType(): string }[])
        .filter((message) => message.getType() === 'human')
        .map(({ text }) => text)
    }

    async function headTuple(threadId: string): Promise<CheckpointTuple> {
      return (await store.saver.getTuple({ configurable: { thread_id: threadId } }))!
    }

    function filesTaken(back: Rewound) {
      assert.equal(back.status, 'rewound', JSON.stringify(back))
      return (back as Extract<Rewound, { status: 'rewound' }>).files
    }

    it('are as they were then, and after an undo as they were before', async () => {
      const { threadId, ends } = await threeTurns()
      const back = await rewound(runtime.rewind({ threadId, to: { checkpointId: ends[0]! } }))
      assert.deepEqual(await kept.everything(), AFTER[0])
      assert.deepEqual(await inputsOf(back.threadId), ['a=1'])
      const undone = await rewound(runtime.undo({ threadId: back.threadId }))
      assert.deepEqual(await kept.everything(), AFTER[2])
      assert.deepEqual(await inputsOf(undone.threadId), ['a=1', 'a=2 b=1', 'b=2 c=1'])
      assert.equal(undone.status, 'completed')
      const more = () => runtime.startTurn({ agent: 'writer', input: 'c=2', threadId: back.threadId })
      assert.include((await refused(more, 'THREAD_REWOUND')).message, undone.threadId)
      await runtime.startTurn({ agent: 'writer', input: 'c=2', threadId: undone.threadId })
      assert.deepEqual(await kept.everything(), { ...AFTER[2], c: '- 2' })
    })

    it('follow an undo of an undo, by any thread of the family, and in another process', async () => {
      const { threadId, ends } = await threeTurns()
      await rewound(runtime.rewind({ threadId, to: { checkpointId: ends[1]! } }))
      await rewound(keeping().undo({ threadId }))
      assert.deepEqual(await kept.everything(), AFTER[2])
      const again = await rewound(keeping().undo({ threadId }))
      assert.deepEqual(await kept.everything(), AFTER[1])
      assert.deepEqual(await inputsOf(again.threadId), ['a=1', 'a=2 b=1'])
      const { branch, replacedBy } = (await runtime.branches(threadId)).at(-1)!
      assert.deepEqual([branch?.rootThreadId, replacedBy], [again.threadId, undefined])
    })

    it('go back from rewind to rewind, and to what was left', async () => {
      const { threadId, ends } = await threeTurns()
      const second = await rewound(runtime.rewind({ threadId, to: { checkpointId: ends[1]! } }))
      const first = await rewound(runtime.rewind({ threadId, to: { checkpointId: ends[0]! } }))
      assert.deepEqual(await kept.everything(), AFTER[0])
      await runtime.startTurn({ agent: 'writer', input: 'd=1', threadId: first.threadId })
      const begun = await headOf(second.threadId)
      const back = await rewound(runtime.rewind({ threadId: second.threadId, to: { checkpointId: begun } }))
      assert.deepEqual(await kept.everything(), AFTER[1], 'a branch begins with the files that it was made with')
      assert.deepEqual(await inputsOf(back.threadId), ['a=1', 'a=2 b=1'])
      await rewound(runtime.rewind({ threadId, to: { checkpointId: ends[2]! } }))
      assert.deepEqual(await kept.everything(), AFTER[2])
    })

    it('that the tree has changed since a rewind are no conflict of its undo', async () => {
      const { threadId, ends } = await threeTurns()
      const back = await rewound(runtime.rewind({ threadId, to: { checkpointId: ends[0]! } }))
      await runtime.startTurn({ agent: 'writer', input: 'a=other d=new', threadId: back.threadId })
      const undone = await rewound(runtime.undo({ threadId }))
      assert.deepEqual(await kept.everything(), AFTER[2])
      await rewound(runtime.undo({ threadId: undone.threadId }))
      assert.deepEqual(await kept.everything(), { a: '- other', d: '- new', own: '- mine' })
    })

    it('that a person has changed since are conflicts, and nothing changes', async () => {
      const { threadId, ends } = await threeTurns()
      const to = { checkpointId: ends[0]! }
      await kept.write({ a: 'by hand', own: 'more' })
      const [files, rows] = [await kept.everything(), await keptOf(store, place, threadId)]
      const stopped = await runtime.rewind({ threadId, to })
      assert.equal(stopped.status, 'conflicts')
      assert.deepEqual(stopped.status === 'conflicts' && stopped.conflicts.map(({ path }) => path), ['a'])
      assert.deepEqual(await kept.everything(), files)
      assert.deepEqual(await keptOf(store, place, threadId), rows)

      const back = await runtime.rewind({ threadId, to, onConflict: 'keep' })
      const taken = filesTaken(back)
      assert.deepEqual(taken.status === 'restored' && taken.kept.map(({ path }) => path).sort(), ['a', 'own'])
      assert.deepEqual(await kept.everything(), { a: '- by hand', own: '- more' })
      await rewound(runtime.undo({ threadId }))
      assert.deepEqual(await kept.everything(), files)
      await kept.write({ a: 'again' })
      await rewound(runtime.rewind({ threadId, to, onConflict: 'overwrite' }))
      assert.deepEqual(await kept.everything(), AFTER[0])
      await rewound(runtime.undo({ threadId }))
      assert.deepEqual(await kept.everything(), { ...files, a: '- again' })
    })

    it('that a person has changed since a rewind are conflicts of its undo', async () => {
      const { threadId, ends } = await threeTurns()
      const back = await rewound(runtime.rewind({ threadId, to: { checkpointId: ends[0]! } }))
      await kept.write({ a: 'by hand', fresh: 'mine as well' })
      const [files, rows] = [await kept.everything(), await keptOf(store, place, back.threadId)]
      const stopped = await runtime.undo({ threadId })
      assert.deepEqual(stopped.status === 'conflicts' && stopped.conflicts.map(({ path }) => path), ['a'])
      assert.deepEqual(await kept.everything(), files)
      assert.deepEqual(await keptOf(store, place, back.threadId), rows)
      await rewound(runtime.undo({ threadId, onConflict: 'keep' }))
      assert.deepEqual(await kept.everything(), { ...AFTER[2], a: '- by hand', fresh: '- mine as well' })
    })

    it('stay as they are where that is wanted, and are still those of the tree', async () => {
      const { threadId, ends } = await threeTurns()
      const back = await runtime.rewind({ threadId, to: { checkpointId: ends[0]! }, files: 'leave' })
      assert.deepEqual(filesTaken(back), { status: 'left' })
      assert.deepEqual(await kept.everything(), AFTER[2])
      const fresh = await rewound(Promise.resolve(back))
      assert.deepEqual(await inputsOf(fresh.threadId), ['a=1'])
      await runtime.startTurn({ agent: 'writer', input: 'd=1', threadId: fresh.threadId })
      const taken = filesTaken(await runtime.undo({ threadId }))
      assert.equal(taken.status, 'restored')
      assert.deepEqual(await kept.everything(), AFTER[2], 'what was written since is taken back')
      await rewound(runtime.rewind({ threadId, to: { checkpointId: ends[0]! } }))
      assert.deepEqual(await kept.everything(), AFTER[0])
    })

    it('that children have written go back to where the children stood', async () => {
      const turn = await runtime.startTurn({ agent: 'lead', input: 'a=1 b=2', workspace: kept.root })
      const { threadId } = turn
      await runtime.startTurn({ agent: 'lead', input: 'a=3 c=4', threadId })
      const acted = await runtime.history(threadId, { of: 'tree', agent: 'writer', node: 'act' })
      const [, , , afterA] = acted
      const fresh = await rewound(runtime.rewind({ threadId: afterA!.threadId, to: afterA!, accept: true }))
      assert.deepEqual(await kept.everything(), { a: '- 1', own: '- mine' })
      await (await runtime.resume(fresh.threadId)).result
      assert.deepEqual(await kept.everything(), { a: '- 1', b: '- 2', own: '- mine' })
      await rewound(runtime.undo({ threadId }))
      assert.deepEqual(await kept.everything(), { a: '- 3', b: '- 2', c: '- 4', own: '- mine' })
    })

    it('are known to the checkpoints of the new tree, and those of a fork', async () => {
      const { threadId, ends } = await threeTurns()
      const place = { threadId, checkpointId: ends[0]! }
      const was = filesOf((await headTuple(threadId)).metadata)
      const forked = await runtime.fork(place)
      const known = filesOf(
        (await store.saver.getTuple({ configurable: { thread_id: threadId, checkpoint_id: ends[0]! } }))!.metadata
      )
      assert.equal(filesOf((await headTuple(forked.threadId)).metadata), known)
      assert.deepEqual(await kept.everything(), AFTER[2], 'a fork touches no file')
      const back = await runtime.rewind({ threadId, to: place })
      const taken = filesTaken(back)
      const fresh = await rewound(Promise.resolve(back))
      const said = saidOfFiles((await headTuple(fresh.threadId)).metadata)
      assert.deepEqual(
        said,
        taken.status === 'restored' ? { files: taken.snapshot, restore: taken.restoreId } : undefined
      )
      assert.notEqual(said.files, was)
    })

    it('are not told of by the next turn as if somebody else had changed them', async () => {
      const { threadId, ends } = await threeTurns()
      const own = await rewound(runtime.rewind({ threadId, to: { checkpointId: ends[0]! } }))
      assert.deepEqual(await changesTold(runtime, own.threadId, 'd=1'), [['d added']])
      const again = await rewound(keeping().rewind({ threadId, to: { checkpointId: ends[1]! } }))
      await kept.write({ notes: 'by hand' })
      const elsewhere = keeping()
      assert.deepEqual(await changesTold(elsewhere, again.threadId, 'd=1'), [['notes added'], ['d added']])
      await elsewhere.close()
    })

    async function changesTold(by: AgentRuntime, threadId: string, input: string): Promise<string[][]> {
      const turn = await by.startStreamingTurn({ agent: 'writer', input, threadId })
      const told = (await collected(turn)).filter((event): event is Kept & AgentEvent => event.type === 'files.kept')
      return told.map(({ changes }) => changes.map(({ path, kind }) => `${path} ${kind}`))
    }

    it('are left, and that is said, where they cannot be taken back', async () => {
      const { threadId, ends } = await threeTurns()
      const to = { checkpointId: ends[0]! }
      const env = { ...process.env, PATH: await tempDir() }
      const noGit = await keeping(store, { env }).rewind({ threadId, to })
      assert.deepEqual(filesTaken(noGit), {
        status: 'missed',
        error: { code: 'SNAPSHOT_FAILED', message: 'git is not installed, or not on the PATH' }
      })
      assert.deepEqual(await kept.everything(), AFTER[2])
      assert.deepEqual(await inputsOf((await rewound(Promise.resolve(noGit))).threadId), ['a=1'])

      const away = agentRuntime({ store, agents: [writer], snapshots: { directory: await tempDir() } })
      const elsewhere = filesTaken(await away.rewind({ threadId, to }))
      assert.equal(elsewhere.status === 'missed' && elsewhere.error.code, 'UNKNOWN_SNAPSHOT')
      const none = agentRuntime({ store, agents: [writer] })
      assert.deepEqual(filesTaken(await none.rewind({ threadId, to })), { status: 'left' })
      assert.deepEqual(await kept.everything(), AFTER[2])

      const unkept = await none.startTurn({ agent: 'writer', input: 'z=1', workspace: kept.root })
      const unknown = await runtime.rewind({ threadId: unkept.threadId, to: { at: Date.now() } })
      assert.deepEqual(filesTaken(unknown), { status: 'unknown' })
      await rm(kept.root, { recursive: true })
      const gone = filesTaken(await keeping().rewind({ threadId, to }))
      assert.equal(gone.status === 'missed' && gone.error.code, 'WORKSPACE_MISSING')
    })

    it('are put back where no tree could be made', async () => {
      const { threadId, ends } = await threeTurns()
      const saver = new Proxy(store.saver, {
        get(target, key) {
          const value: unknown = Reflect.get(target, key, target)
          if (key === 'put') return () => Promise.reject(new Error('the disk is full'))
          return typeof value === 'function' ? value.bind(target) : value
        }
      })
      const failing = keeping({ ...store, saver })
      const error = await failing.rewind({ threadId, to: { checkpointId: ends[0]! } }).catch((thrown: Error) => thrown)
      assert.equal((error as Error).message, 'the disk is full')
      assert.deepEqual(await kept.everything(), AFTER[2])
      assert.lengthOf(await runtime.branches(threadId), 1)
      await rewound(runtime.rewind({ threadId, to: { checkpointId: ends[0]! } }))
      await rewound(runtime.undo({ threadId }))
      assert.deepEqual(await kept.everything(), AFTER[2])
    })

    it('can be taken back again after a crash behind them, and undone to what was there before it', async () => {
      const { threadId, ends } = await threeTurns()
      await kept.write({ own: 'more' })
      const at = { configurable: { thread_id: threadId, checkpoint_id: ends[0]! } }
      const to = saidOfFiles((await store.saver.getTuple(at))!.metadata)
      const leaving = (await store.journal.thread(threadId))!
      const files = { of: async () => kept.snapshots, moved: () => {} }
      const died = await goBack({ leaving, to }, { files, saver: store.saver, journal: store.journal })
      assert.equal(died.status, 'restored')
      assert.deepEqual(await kept.everything(), { ...AFTER[0], own: '- more' })
      await rewound(runtime.rewind({ threadId, to: { checkpointId: ends[1]! } }))
      assert.deepEqual(await kept.everything(), { ...AFTER[1], own: '- more' })
      await rewound(runtime.undo({ threadId }))
      assert.deepEqual(await kept.everything(), { ...AFTER[2], own: '- more' })
    })

    it('of a crash behind which the tree went on are no longer thought of', async () => {
      const { threadId, ends } = await threeTurns()
      const at = { configurable: { thread_id: threadId, checkpoint_id: ends[0]! } }
      const to = saidOfFiles((await store.saver.getTuple(at))!.metadata)
      const leaving = (await store.journal.thread(threadId))!
      const files = { of: async () => kept.snapshots, moved: () => {} }
      await goBack({ leaving, to }, { files, saver: store.saver, journal: store.journal })
      await runtime.startTurn({ agent: 'writer', input: 'd=1', threadId })
      await rewound(runtime.rewind({ threadId, to: { checkpointId: ends[0]! } }))
      assert.deepEqual(await kept.everything(), AFTER[0])
      await rewound(runtime.undo({ threadId }))
      assert.deepEqual(await kept.everything(), { ...AFTER[0], d: '- 1' })
    })

    it('that the tree is just writing are its own, not conflicts', async () => {
      const { gate, working, threadId, end, turn } = await atWork()
      await kept.write({ scribbled: 'while it holds, as its own tool might' })
      const rewinding = working.rewind({ threadId, to: { checkpointId: end } })
      gate.release('it')
      await rewound(rewinding)
      assert.deepEqual(await kept.everything(), { own: '- mine' })
      assert.equal((await turn.result).outcome.status, 'paused')
      assert.equal((await working.getSnapshot(threadId)).thread.status, 'cancelled')
      await working.close()
    })

    it('in conflict leave a tree in the middle of its turn, to be gone on with', async () => {
      const { gate, working, threadId, end, turn } = await atWork()
      const rewinding = working.rewind({ threadId, to: { checkpointId: end } })
      gate.release('it')
      await turn.result
      await rewound(rewinding)
      await rewound(working.undo({ threadId }))
      await kept.write({ scribbled: 'by hand' })
      const current = (await working.branches(threadId)).at(-1)!.rootThreadId
      assert.equal((await working.undo({ threadId })).status, 'conflicts')
      const { outcome } = await (await working.resume(current)).result
      assert.deepEqual(outcome, { status: 'completed', text: 'done' })
      assert.deepEqual(await kept.everything(), { own: '- mine', scribbled: '- by hand' })
      await working.close()
    })

    /** A tree that has written a file in its second turn, and is held in a call. */
    async function atWork() {
      const gate = held()
      const busy = defineAgent({
        name: 'busy',
        tools: [gate.tool, scribble],
        remit: [allow('hold'), allow('scribble')],
        model: playing((task, results) => {
          if (task === 'first') return 'done'
          if (results.length === 0) return [{ name: 'scribble', args: {} }]
          return results.length === 1 ? [{ name: 'hold', args: { what: 'it' } }] : 'done'
        })
      })
      const working = agentRuntime({ store, agents: [busy], snapshots: { directory: kept.directory } })
      const { threadId } = await working.startTurn({ agent: 'busy', input: 'first', workspace: kept.root })
      const end = await headOf(threadId)
      const turn = await working.startStreamingTurn({ agent: 'busy', input: 'second', threadId })
      await gate.at('it')
      return { gate, working, threadId, end, turn }
    }

    it('and the conversation stay where there is nothing to undo', async () => {
      const { threadId, ends } = await threeTurns()
      await refused(() => runtime.undo({ threadId }), 'NOTHING_TO_UNDO')
      const forked = await runtime.fork({ threadId, checkpointId: ends[0]! })
      await refused(() => runtime.undo({ threadId: forked.threadId }), 'NOTHING_TO_UNDO')
      assert.deepEqual(await kept.everything(), AFTER[2])
    })
  })

describe('a process that dies while it takes files and conversation back', () => {
  it('leaves a tree that can be rewound, and the rewind undone, wherever it died', async () => {
    const store = await openStore('memory:')
    const kept = await keptWorkspace({ own: 'mine' })
    const on = (here: Store) =>
      agentRuntime({ store: here, agents: [writer], snapshots: { directory: kept.directory } })
    const runtime = on(store)

    /** Two turns, then a rewind to the first, by a process that dies at a step. */
    async function died(at?: CrashPoint) {
      await kept.write({ b: null })
      const { threadId } = await runtime.startTurn({ agent: 'writer', input: 'a=1', workspace: kept.root })
      const [end] = await runtime.history(threadId, { limit: 1 })
      await runtime.startTurn({ agent: 'writer', input: 'a=2 b=1', threadId })
      const mortal = mortalProcess(at)
      const back = { threadId, to: { checkpointId: end!.checkpointId } }
      await on(crashingStore(store, mortal))
        .rewind(back)
        .catch(() => {})
      return { back, mortal }
    }

    const { steps } = (await died()).mortal
    for (let step = steps.indexOf('saver.list'); step <= steps.length; step += 2) {
      const { back } = await died({ step, when: step % 4 < 2 ? 'after' : 'before' })
      const isMade = (await runtime.branches(back.threadId)).length > 1
      if (!isMade) await rewound(runtime.rewind(back))
      const words = `at ${steps[step - 1]}, which is ${step} of ${steps.length}`
      assert.deepEqual(await kept.everything(), AFTER[0], words)
      await rewound(runtime.undo({ threadId: back.threadId }))
      assert.deepEqual(await kept.everything(), AFTER[1], words)
    }
  })
})

const scribble = tool({
  name: 'scribble',
  description: 'Writes a file.',
  effect: 'idempotent',
  args: z.object({}),
  async run(_, { workspace }) {
    await writeFile(join(workspace!, 'scribbled'), 'first')
    return 'scribbled'
  }
})
