import { afterEach, assert, beforeEach, describe, it } from 'vitest'
import { openStore } from '../../checkpointers/open.ts'
import type { Store } from '../../checkpointers/store.ts'
import { defineAgent } from '../../prebuilt/define-agent.ts'
import { agentRuntime, type RuntimeOptions } from '../../runtime/agent-runtime.ts'
import type { Entry } from '../../state/journal.ts'
import { collected } from '../support/collected.ts'
import { frozenStore } from '../support/frozen-store.ts'
import { playing } from '../support/script.ts'
import { type StorePlace, sqlitePlace } from '../support/stores.ts'

const LEASE_MS = 10_000

describe('a message that was queued', () => {
  let place: StorePlace
  let stores: Store[]
  let threadId: string
  let now: number
  beforeEach(async () => {
    place = await sqlitePlace()
    stores = [await openStore(place.url), await openStore(place.url)]
    now = 1_000
    threadId = (await runtimeOn(stores[0]!).startTurn({ agent: 'echo', input: 'hello' })).threadId
  })
  afterEach(async () => {
    for (const store of stores) await store.close()
    await place.remove()
  })

  /** A runtime of an agent that says what it was told. */
  function runtimeOn(store: Store, options: Partial<RuntimeOptions> = {}) {
    const echo = defineAgent({ name: 'echo', model: playing((task) => `heard ${task}`) })
    return agentRuntime({ store, agents: [echo], clock: { now: () => now }, leaseMs: LEASE_MS, ...options })
  }
  const queue = (input: string, by: ReturnType<typeof runtimeOn>) =>
    by.startTurn({ agent: 'echo', input, threadId, whenBusy: 'queue' })
  const heard = (text: string) => ({ status: 'completed', text: `heard ${text}` }) as const

  it('has its own result, also where its turn was over before its sender looked', async () => {
    const sender = frozenStore(stores[0]!, afterSending())
    const first = queue('first', runtimeOn(sender.store))
    await sender.reached
    const other = runtimeOn(stores[1]!)
    await Promise.all((await other.recover()).map(({ result }) => result))
    await queue('second', other)
    sender.thaw()
    assert.deepEqual((await first).outcome, heard('first'))
  })

  it('has its own result where its sender looks just before its turn is over', async () => {
    const sender = frozenStore(stores[0]!, afterSending())
    let tries = 0
    const again = frozenStore(sender.store, (operation) => operation === 'lease' && ++tries === 2)
    const first = queue('first', runtimeOn(again.store))
    await sender.reached
    const driving = frozenStore(stores[1]!, isEndOfTurn)
    const driven = (await runtimeOn(driving.store).recover()).map(({ result }) => result)
    await driving.reached
    sender.thaw()
    await Promise.race([first, again.reached])
    driving.thaw()
    await Promise.all(driven)
    again.thaw()
    assert.deepEqual((await first).outcome, heard('first'))
  })

  it('has its result where another process drove its turn to the end, whoever had begun it', async () => {
    const asleep = frozenStore(stores[0]!, isEndOfTurn)
    const first = queue('first', runtimeOn(asleep.store, { every: () => () => {} }))
    await asleep.reached
    now += LEASE_MS + 1
    const second = await queue('second', runtimeOn(stores[1]!))
    assert.deepEqual(second.outcome, heard('second'))
    asleep.thaw()
    assert.deepEqual((await first).outcome, heard('first'))
    const events = await collected(runtimeOn(stores[1]!).events(threadId))
    assert.deepEqual(
      events.map(({ seq }) => seq),
      events.map((_, at) => at + 1)
    )
  })

  it('begins a turn of a thread that was cancelled', async () => {
    const runtime = runtimeOn(stores[0]!)
    await runtime.cancelRun(threadId)
    await stores[0]!.journal.setThreadStatus(threadId, 'cancelled', now)
    assert.deepEqual((await queue('again', runtime)).outcome, heard('again'))
    assert.deepEqual((await queue('and again', runtimeOn(stores[1]!))).outcome, heard('and again'))
  })
})

/** Its message is in the store, and it has not looked at it since. */
function afterSending(): (operation: string) => boolean {
  let sent = false
  return (operation) => {
    if (sent) return true
    sent = operation === 'send'
    return false
  }
}

/** The process has all its checkpoints and has told nobody yet. */
function isEndOfTurn(operation: string, [entries]: readonly unknown[]): boolean {
  return operation === 'append' && (entries as Entry[]).some(({ event }) => event?.type === 'turn.finished')
}
