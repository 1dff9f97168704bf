// Months of work, pruned to a week while runs are live.
import { assert, onTestFinished } from 'vitest'
import { openStore } from '../../../checkpointers/open.ts'
import { defineAgent } from '../../../prebuilt/define-agent.ts'
import { type AgentRuntime, agentRuntime } from '../../../runtime/agent-runtime.ts'
import type { HistoryEntry } from '../../../runtime/history/list.ts'
import type { PruneReport } from '../../../runtime/retention/prune.ts'
import { allow, ask } from '../../../state/remit.ts'
import { manualClock } from '../../crash/manual-clock.ts'
import { effects } from '../../support/effects.ts'
import { held } from '../../support/held.ts'
import { rowCounts, total } from '../../support/row-count.ts'
import { playing } from '../../support/script.ts'
import type { StorePlace } from '../../support/stores.ts'

const DAY = 24 * 60 * 60 * 1000
const approve = { kind: 'approve', scope: 'once' } as const

export interface Months {
  readonly makePlace: () => Promise<StorePlace>
  readonly turns: number
  readonly days: number
  /** How many runs are at work when it is pruned. */
  readonly live: number
  /** How many conversations share half of the turns; the others are of one turn each. */
  readonly long: number
  readonly asking: number
  readonly labelled: number
}

export interface Pruned {
  readonly before: number
  readonly after: number
  readonly resumed: number
  readonly answered: number
  readonly report: PruneReport
}

/** A lead of three workers. A task says what each of them does: `hold`, `touch`, or anything, which is answered at once. */
function team(hold: ReturnType<typeof held>) {
  const touch = effects()
  const worker = defineAgent({
    name: 'worker',
    tools: [hold.tool, touch],
    remit: [allow('hold'), ask('touch')],
    model: playing((task, results) => {
      const [what, name = ''] = task.split(' ')
      if (results.length > 0 || (what !== 'hold' && what !== 'touch')) return `did ${task}, as it was wanted`
      return [{ name: what, args: { what: name } }]
    })
  })
  return defineAgent({
    name: 'lead',
    remit: [allow('hold'), ask('touch')],
    delegates: [worker],
    model: playing((task, results) =>
      results.length > 0
        ? `all of it is done: ${results.join('; ')}`
        : [task, 'look', 'read'].map((each) => ({ name: 'delegate', args: { agent: 'worker', task: each } }))
    )
  })
}

/** Whatever is kept resumes, and whatever asks answers, or this throws. */
export async function prunedToAWeek(given: Months): Promise<Pruned> {
  const { turns, days, live, long, asking } = given
  const { url, remove } = await given.makePlace()
  onTestFinished(remove)
  const clock = manualClock()
  const hold = held()
  const runtimes: AgentRuntime[] = []
  const open = async () => {
    const store = await openStore(url)
    const runtime = agentRuntime({ store, clock, agents: [team(hold)], leaseMs: 400 * DAY, every: () => () => {} })
    runtimes.push(runtime)
    onTestFinished(async () => {
      await runtime.close()
      await store.close()
    })
    return runtime
  }
  const runtime = await open()
  const say = (input: string, threadId?: string) =>
    runtime.startTurn({ agent: 'lead', input, ...(threadId !== undefined && { threadId }) })

  const conversations: string[] = []
  const labelled: HistoryEntry[] = []
  for (let turn = 0; turn < turns; turn++) {
    const nth = turn % (2 * long)
    const threadId = nth < long ? conversations[nth] : undefined
    const { threadId: spoken } = await say(
      turn < asking ? `touch ${turn}` : `work ${turn}`,
      turn < asking ? undefined : threadId
    )
    if (turn >= asking && nth < long) conversations[nth] = spoken
    if (turn >= asking && labelled.length < given.labelled) {
      const [, entry] = await runtime.history(spoken, { limit: 2 })
      await runtime.label(entry!, `label ${labelled.length}`)
      labelled.push(entry!)
    }
    clock.advance((days * DAY) / turns)
  }
  const running = await Promise.all(
    Array.from({ length: live }, (_, nth) => {
      const threadId = conversations[nth]
      return runtime.startStreamingTurn({
        agent: 'lead',
        input: `hold ${nth}`,
        ...(threadId !== undefined && { threadId })
      })
    })
  )
  await Promise.all(running.map((_, nth) => hold.at(`${nth}`)))

  const asks = await runtime.openAsks()
  assert.lengthOf(asks, asking)
  const before = total(await rowCounts(url))
  const pruner = await open()
  const report = await pruner.prune({ olderThanMs: 7 * DAY })
  const after = total(await rowCounts(url))
  // A tree is told of once, with the first that holds it.
  assert.isAtLeast(report.kept.live + report.kept.labelled, live)
  assert.deepEqual(await pruner.openAsks(), asks)

  hold.release(...running.map((_, nth) => `${nth}`))
  for (const turn of running) assert.equal((await turn.result).outcome.status, 'completed')
  for (const { id } of asks)
    assert.equal((await (await pruner.resolveInput(id, approve)).result).outcome.status, 'completed')

  const kept: HistoryEntry[] = []
  for (const { threadId } of await pruner.threads({ limit: turns * 2 }))
    kept.push(...(await pruner.history(threadId, { of: 'tree', limit: 100_000 })))
  for (const { threadId, checkpointId } of labelled)
    assert.isTrue(kept.some((entry) => entry.threadId === threadId && entry.checkpointId === checkpointId))
  for (const place of kept) await resumed(pruner, place)
  return { before, after, resumed: kept.length, answered: asks.length, report }
}

/** As a tree of its own, to its end. */
async function resumed(runtime: AgentRuntime, { threadId, checkpointId }: HistoryEntry): Promise<void> {
  const turn = await runtime.resumeFrom({ threadId, checkpointId, accept: true })
  let { outcome } = await turn.result
  for (const { id } of await runtime.openAsks(turn.threadId))
    outcome = (await (await runtime.resolveInput(id, approve)).result).outcome
  assert.equal(outcome.status, 'completed', `${threadId} at ${checkpointId}`)
}
