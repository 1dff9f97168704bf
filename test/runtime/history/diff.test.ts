import { rm } from 'node:fs/promises'
import { afterEach, assert, beforeEach, describe, it } from 'vitest'
import { openStore } from '../../../checkpointers/open.ts'
import type { Store } from '../../../checkpointers/store.ts'
import { type AgentRuntime, agentRuntime } from '../../../runtime/agent-runtime.ts'
import { asJson } from '../../../state/diff.ts'
import { patched } from '../../../state/json-patch.ts'
import { effects } from '../../support/effects.ts'
import { ladder } from '../../support/ladder.ts'
import { refused } from '../../support/refused.ts'
import { keptWorkspace } from '../../support/snapshots.ts'
import { ALL_STORES, type StorePlace } from '../../support/stores.ts'
import { writer } from '../../support/writer.ts'

const NOWHERE = '00000000-0000-4000-8000-000000000000'

for (const [name, makePlace] of ALL_STORES)
  describe(`a diff on ${name}`, () => {
    let place: StorePlace
    let store: Store
    let runtime: AgentRuntime
    let threadId: string
    beforeEach(async () => {
      place = await makePlace()
      store = await openStore(place.url)
      runtime = agentRuntime({ store, agents: [ladder({ touch: effects() })] })
      const turn = await runtime.startTurn({ agent: 'lead', input: 'a' })
      threadId = turn.threadId
      const [asked] = await runtime.openAsks(threadId)
      await (await runtime.resolveInput(asked!.id, { kind: 'approve', scope: 'subtree' })).result
    })
    afterEach(async () => {
      await store.close()
      await place.remove()
    })

    it('of a step is what the step did', async () => {
      const [dispatched] = await runtime.history(threadId, { node: 'dispatch' })
      const { from, to, messages, ledger, usage } = await runtime.diff({ mode: 'step', ...dispatched! })
      assert.equal(from?.checkpointId, dispatched!.parentCheckpointId)
      assert.equal(to.checkpointId, dispatched!.checkpointId)
      assert.deepEqual(messages, { same: 2, removed: [], added: [], changed: [] })
      assert.deepEqual(
        ledger.map(({ before, after }) => [before, (after as { status: string }).status]),
        [[undefined, 'running']]
      )
      assert.deepEqual(usage.before, usage.after)
    })

    it('of the first step is all that it has', async () => {
      const first = (await runtime.history(threadId)).at(-1)!
      const { from, patch } = await runtime.diff({ mode: 'step', ...first })
      assert.isUndefined(from)
      assert.isNotEmpty(patch)
    })

    it('from the start, and to now, are the two halves of a thread', async () => {
      const [middle] = await runtime.history(threadId, { node: 'dispatch' })
      const [head] = await runtime.history(threadId)
      const start = await runtime.diff({ mode: 'from-start', ...middle! })
      const now = await runtime.diff({ mode: 'to-now', ...middle! })
      assert.equal(start.from?.step, -1)
      assert.equal(start.to.checkpointId, middle!.checkpointId)
      assert.equal(now.from?.checkpointId, middle!.checkpointId)
      assert.equal(now.to.checkpointId, head!.checkpointId)
      assert.equal(start.messages.added.length + now.messages.added.length, head!.messages)
    })

    it('of any two, also of two threads, has a patch that makes one of the other', async () => {
      const tree = await runtime.history(threadId, { of: 'tree' })
      const places = [tree[0]!, tree.at(-1)!, tree.find(({ agent }) => agent === 'tester')!, tree[7]!]
      for (const from of places)
        for (const to of places) {
          const { patch } = await runtime.diff({ mode: 'range', from, to })
          const before = await runtime.stateAt(from)
          assert.deepEqual(patched(asJson(before), patch), asJson(await runtime.stateAt(to)))
          if (from === to) assert.deepEqual(patch, [])
        }
    })

    it('names the grants that came in between', async () => {
      const tester = (await store.journal.threadsOf(threadId)).find(({ agent }) => agent === 'tester')!
      const [asked] = await runtime.history(tester.threadId, { node: 'gate' })
      const { grants } = await runtime.diff({ mode: 'to-now', ...asked! })
      assert.deepEqual(
        grants.map(({ before, after }) => [before, (after as { scope: string }).scope]),
        [[undefined, 'subtree']]
      )
    })

    it('between a fork and what it was made of says where they parted', async () => {
      const [dispatched] = await runtime.history(threadId, { node: 'dispatch' })
      const forked = await runtime.fork(dispatched!)
      const [base] = await runtime.history(forked.threadId)
      const { messages, ledger } = await runtime.diff({ mode: 'range', from: dispatched!, to: base! })
      assert.deepEqual(messages, { same: 2, removed: [], added: [], changed: [] })
      assert.lengthOf(ledger, 1, 'the child has a thread of its own')
    })

    it('has what became of the files, where they are kept', async () => {
      const { root, directory } = await keptWorkspace({ old: 'x' })
      const keeping = () => agentRuntime({ store, agents: [writer], snapshots: { directory } })
      const turn = await keeping().startTurn({ agent: 'writer', input: 'a=1 a=2 b=3', workspace: root })
      const [head] = await runtime.history(turn.threadId)
      const whole = { mode: 'from-start', ...head! } as const
      assert.deepEqual((await keeping().diff(whole)).files, [
        { path: 'a', kind: 'added' },
        { path: 'b', kind: 'added' }
      ])
      const written = (await keeping().history(turn.threadId, { node: 'act' }))[1]!
      assert.deepEqual((await keeping().diff({ mode: 'step', ...written })).files, [{ path: 'a', kind: 'changed' }])
      assert.isUndefined((await agentRuntime({ store, agents: [writer] }).diff(whole)).files)
      assert.isUndefined((await runtime.diff({ mode: 'step', ...(await runtime.history(threadId))[0]! })).files)
      await rm(directory, { recursive: true })
      assert.isUndefined((await keeping().diff(whole)).files, 'the snapshots are gone')
    })

    it('names what it cannot find', async () => {
      const at = { threadId, checkpointId: NOWHERE }
      await refused(() => runtime.diff({ mode: 'step', ...at }), 'UNKNOWN_CHECKPOINT')
      const [head] = await runtime.history(threadId)
      await refused(() => runtime.diff({ mode: 'range', from: head!, to: at }), 'UNKNOWN_CHECKPOINT')
    })
  })
