import Database from 'better-sqlite3'
import { afterEach, assert, beforeEach, describe, it } from 'vitest'
import { openStore } from '../../../checkpointers/open.ts'
import type { Store } from '../../../checkpointers/store.ts'
import { agentRuntime } from '../../../runtime/agent-runtime.ts'
import type { Entry, Journal } from '../../../state/journal.ts'
import { effects } from '../../support/effects.ts'
import { ladder } from '../../support/ladder.ts'
import { refused } from '../../support/refused.ts'
import { ALL_STORES, type StorePlace, sqlitePlace } from '../../support/stores.ts'
import { TAMPERING } from '../../support/tampering.ts'
import { approveAll, nodesRun, treeHistory } from '../../support/travel.ts'

const NOWHERE = '00000000-0000-4000-8000-000000000000'

for (const [name, makePlace] of ALL_STORES)
  describe(`a history on ${name}`, () => {
    let place: StorePlace
    let store: Store
    let now = 0
    beforeEach(async () => {
      place = await makePlace()
      store = await openStore(place.url)
      now = 1000
    })
    afterEach(async () => {
      await store.close()
      await place.remove()
    })
    const runtimeOn = (opened: Pick<Store, 'saver' | 'journal' | 'holder'> = store) =>
      agentRuntime({ store: opened, clock: { now: () => now++ }, agents: [ladder({ touch: effects() })] })

    async function told(runtime = runtimeOn()): Promise<string> {
      const { threadId } = await runtime.startTurn({ agent: 'lead', input: 'a' })
      await approveAll(runtime, threadId)
      return threadId
    }

    it('is that of one thread, or of its whole tree, with the nodes that ran and those that come next', async () => {
      const runtime = runtimeOn()
      const threadId = await told(runtime)
      const own = await runtime.history(threadId)
      assert.deepEqual(
        own.toReversed().map(({ step, nodes, next }) => [step, nodes.join(), next.join()]),
        [
          [-1, '', '__start__'],
          [0, '__start__', 'think'],
          [1, 'think', 'dispatch'],
          [2, 'dispatch', 'attend'],
          [3, 'attend', 'arbitrate'],
          [4, 'arbitrate', 'ask'],
          [5, 'ask', 'attend'],
          [6, 'attend', 'think'],
          [7, 'think', '']
        ]
      )
      assert.equal(own[0]!.last, 'tested a: touched a')
      assert.equal(own[0]!.messages, 4)
      const tree = await runtime.history(threadId, { of: 'tree' })
      assert.deepEqual(
        tree.filter((entry) => entry.threadId === threadId),
        own
      )
      assert.deepEqual(
        tree.map(({ place }) => place),
        tree.map(({ place }) => place).sort((a, b) => b - a)
      )
    })

    it('knows every checkpoint that is there, each behind the one it follows', async () => {
      const runtime = runtimeOn()
      const threadId = await told(runtime)
      const tree = await treeHistory(runtime, threadId)
      for (const thread of await store.journal.threadsOf(threadId)) {
        const there: [string, string | undefined][] = []
        for await (const { checkpoint, parentConfig } of store.saver.list({
          configurable: { thread_id: thread.threadId }
        }))
          there.unshift([checkpoint.id, parentConfig?.configurable?.checkpoint_id as string | undefined])
        const listed = tree.filter((entry) => entry.threadId === thread.threadId)
        assert.deepEqual(
          listed.map(({ checkpointId, parentCheckpointId }) => [checkpointId, parentCheckpointId]),
          there
        )
      }
    })

    it('comes in pages, narrowed down by agent, node, source, time and label', async () => {
      const runtime = runtimeOn()
      const threadId = await told(runtime)
      const all = await runtime.history(threadId, { of: 'tree' })
      const first = await runtime.history(threadId, { of: 'tree', limit: 10 })
      const rest = await runtime.history(threadId, { of: 'tree', before: first.at(-1)!.place })
      assert.deepEqual([...first, ...rest], all)
      const some = { of: 'tree', agent: 'tester', source: 'loop' } as const
      assert.deepEqual(
        await runtime.history(threadId, some),
        all.filter(({ agent, source }) => agent === 'tester' && source === 'loop')
      )
      const [acted] = await runtime.history(threadId, { of: 'tree', node: 'act' })
      assert.equal(acted!.path, 'lead/coder/tester')
      const at = Date.parse(acted!.createdAt)
      const then = await runtime.history(threadId, { of: 'tree', since: at, until: at })
      assert.deepEqual(then, [acted])
      await runtime.label(acted!, 'it is touched')
      assert.deepEqual(await runtime.history(threadId, { of: 'tree', label: 'it is touched' }), [
        { ...acted!, labels: ['it is touched'] }
      ])
    })

    it('loads no state', async () => {
      const threadId = await told()
      const saver = new Proxy(store.saver, {
        get() {
          throw new Error('a state was loaded')
        }
      })
      assert.isNotEmpty(await runtimeOn({ ...store, saver }).history(threadId, { of: 'tree' }))
    })

    it('is read from the checkpoints where the journal was not told of them, in the order in which they came to be', async () => {
      const kept = await told()
      const forgetful: Journal = {
        ...store.journal,
        append: (entries, tree) => {
          const known = entries.map(({ row, event }) => (row?.kind === 'checkpoint' ? { event } : { row, event }))
          return store.journal.append(known, tree)
        }
      }
      const threadId = await told(runtimeOn({ ...store, journal: forgetful }))
      assert.deepEqual(await store.journal.checkpoints(threadId, { limit: 9 }), [])
      const fresh = runtimeOn()
      const read = await treeHistory(fresh, threadId)
      assert.deepEqual(nodesRun(read), nodesRun(await treeHistory(fresh, kept)))
      const ids = read.map(({ checkpointId }) => checkpointId)
      assert.deepEqual(ids, ids.toSorted())
      const forked = await fresh.fork(read[12]!)
      assert.lengthOf(await fresh.history(forked.threadId), 1)
    })

    it('misses nothing of a thread that a process has left in the middle', async () => {
      const runtime = runtimeOn()
      const { threadId } = await runtime.startTurn({ agent: 'lead', input: 'a' })
      const before = await treeHistory(runtime, threadId)
      const dying: Journal = {
        ...store.journal,
        append: (entries, tree) => {
          const isLost = ({ row }: Entry) => row?.kind === 'checkpoint' || row?.kind === 'status'
          return store.journal.append(
            entries.map((entry) => (isLost(entry) ? { event: entry.event } : entry)),
            tree
          )
        }
      }
      const other = runtimeOn({ ...store, journal: dying })
      await store.journal.setThreadStatus(threadId, 'running', 1)
      await approveAll(other, threadId)
      await store.journal.setThreadStatus(threadId, 'running', 1)
      const after = (await runtimeOn().history(threadId)).toReversed()
      assert.isAbove(after.length, before.filter((entry) => entry.threadId === threadId).length)
      assert.deepEqual(
        after.map(({ step }) => step),
        after.map((_, index) => index - 1)
      )
    })

    it('has names that a tree has once', async () => {
      const runtime = runtimeOn()
      const threadId = await told(runtime)
      const [head, before] = await runtime.history(threadId)
      await runtime.label(head!, 'good')
      await runtime.label(head!, 'good')
      await runtime.label(head!, 'besser: ünïcode 🙂')
      assert.include((await refused(() => runtime.label(before!, 'good'), 'LABEL_TAKEN')).message, head!.checkpointId)
      assert.deepEqual((await runtime.history(threadId))[0]!.labels, ['good', 'besser: ünïcode 🙂'])
      await runtime.unlabel(threadId, 'good')
      await refused(() => runtime.unlabel(threadId, 'good'), 'UNKNOWN_LABEL')
      await runtime.label(before!, 'good')
      for (const bad of ['', ' x', 'a\nb', 'a\0', '\ud800', 'x'.repeat(81)])
        await refused(() => runtime.label(head!, bad), 'BAD_ARGUMENTS')
      await refused(() => runtime.label({ threadId, checkpointId: NOWHERE }, 'x'), 'UNKNOWN_CHECKPOINT')
    })
  })

describe('a damaged checkpoint', () => {
  it('of a child is named by a fork of its parent, and never is another taken for it', async () => {
    const place = await sqlitePlace()
    const store = await openStore(place.url)
    const runtime = agentRuntime({ store, agents: [ladder({ touch: effects() })] })
    const { threadId } = await runtime.startTurn({ agent: 'lead', input: 'a' })
    await approveAll(runtime, threadId)
    const [head] = await runtime.history(threadId)
    const [child] = await runtime.history(threadId, { of: 'tree', agent: 'coder' })
    const db = new Database(place.url.slice('sqlite:'.length))
    db.exec(TAMPERING.SQLite[0]!.sql(child!.checkpointId))
    db.close()
    assert.include((await refused(() => runtime.fork(head!), 'BAD_STORE')).message, child!.checkpointId)
    assert.lengthOf(await runtime.threads(), 1)
    await refused(() => runtime.diff({ mode: 'step', ...child! }), 'BAD_STORE')
    await store.close()
    await place.remove()
  })
})
