import { AIMessage } from '@langchain/core/messages'
import { END, MessagesAnnotation, START, StateGraph } from '@langchain/langgraph'
import { afterEach, assert, beforeEach, describe, it } from 'vitest'
import { z } from 'zod'
import { openStore } from '../../checkpointers/open.ts'
import type { Store } from '../../checkpointers/store.ts'
import { scripted } from '../../models/scripted.ts'
import { defineAgent } from '../../prebuilt/define-agent.ts'
import { worker } from '../../prebuilt/worker.ts'
import type { Agent } from '../../runtime/agent.ts'
import { agentRuntime, type Turn } from '../../runtime/agent-runtime.ts'
import type { Outcome } from '../../state/outcome.ts'
import { allow, ask } from '../../state/remit.ts'
import { type Tool, tool } from '../../tools/tool.ts'
import { collected } from '../support/collected.ts'
import { effects } from '../support/effects.ts'
import { manualTime } from '../support/manual-time.ts'
import { playing } from '../support/script.ts'
import { slowly } from '../support/slowly.ts'
import { ALL_STORES, DURABLE_STORES, type StorePlace } from '../support/stores.ts'

const LONG_LEASE_MS = 1_000_000_000
const DAY_MS = 86_400_000
const approve = { kind: 'approve', scope: 'once' } as const
const remit = [allow('*')]
const waits = { name: 'wait', args: { what: 'x' } }

for (const [name, makePlace] of ALL_STORES) {
  describe(`the limits of a turn, on ${name}`, () => {
    let place: StorePlace
    let store: Store
    let time: ReturnType<typeof manualTime>
    beforeEach(async () => {
      place = await makePlace()
      store = await openStore(place.url)
      time = manualTime()
    })
    afterEach(async () => {
      await store.close()
      await place.remove()
    })

    const runtimeOf = (agent: Agent) => agentRuntime({ store, agents: [agent], ...time, leaseMs: LONG_LEASE_MS })

    describe('without a sign of life', () => {
      it('end a turn; what a tool tells of its progress is one', async () => {
        const steps = stepping()
        const agent = defineAgent({
          name: 'agent',
          tools: [steps.tool],
          remit,
          limits: { idleMs: 1_000 },
          model: scripted((messages) => (isLast(messages) ? 'as far as 2' : { calls: [{ name: 'step', args: {} }] }))
        })
        const turn = await runtimeOf(agent).startStreamingTurn({ agent: 'agent', input: 'go' })
        const texts: string[] = []
        for await (const event of turn) {
          if (event.type === 'tool.started' || event.type === 'tool.progress') {
            if (event.type === 'tool.progress') texts.push(event.text)
            time.pass(900)
            if (texts.length < 2) steps.next()
            else time.pass(900)
          }
        }
        assert.deepEqual(texts, ['1', '2'])
        assertFailed(await outcomeOf(turn), {
          code: 'TIME_LIMIT',
          message: /no sign of life for 1000 ms/,
          partial: 'as far as 2'
        })
      })

      it('count what is heard of a child as a sign of its parent', async () => {
        const steps = stepping()
        const child = defineAgent({
          name: 'child',
          tools: [steps.tool],
          remit,
          model: playing([[{ name: 'step', args: {} }], 'stepped'])
        })
        const lead = delegating(child, { limits: { idleMs: 1_000 } })
        const turn = await runtimeOf(lead).startStreamingTurn({ agent: 'lead', input: 'go' })
        let told = 0
        for await (const event of turn) {
          if (event.type !== 'tool.progress' && !(event.type === 'tool.started' && event.tool === 'step')) continue
          time.pass(900)
          if (++told <= 3) steps.next()
          else steps.end()
        }
        assert.deepEqual(await outcomeOf(turn), { status: 'completed', text: 'stepped' })
      })
    })

    it('stand still while somebody decides, before and after', async () => {
      const slow = slowly()
      const limits = { idleMs: 1_000, totalMs: 1_500 }
      const model = playing([[waits], 'waited for'])
      const child = defineAgent({ name: 'child', tools: [slow.tool], remit: [ask('wait')], limits, model })
      const runtime = runtimeOf(delegating(child, { limits, remit: [ask('wait')] }))
      const { threadId, outcome } = await runtime.startTurn({ agent: 'lead', input: 'go' })
      assert.equal(outcome.status, 'asking')
      time.pass(3 * DAY_MS)
      const [open] = await runtime.openAsks(threadId)
      const turn = await runtime.resolveInput(open!.id, approve)
      await slow.begun
      time.pass(900)
      slow.release()
      assert.deepEqual(await outcomeOf(turn), { status: 'completed', text: 'waited for' })
    })

    it('withdraw what the turn asks, and cancel those below it', async () => {
      const slow = slowly()
      const touch = effects()
      const child = defineAgent({ name: 'child', tools: [slow.tool], remit, model: playing([[waits], 'never']) })
      const lead = defineAgent({
        name: 'lead',
        delegates: [child],
        tools: [touch],
        remit: [ask('touch'), allow('*')],
        limits: { totalMs: 1_000 },
        model: scripted((messages) =>
          isLast(messages)
            ? 'nothing yet'
            : {
                calls: [
                  { name: 'delegate', args: { agent: 'child', task: 'go' } },
                  { name: 'touch', args: { what: 'x' } }
                ]
              }
        )
      })
      const runtime = runtimeOf(lead)
      const turn = await runtime.startStreamingTurn({ agent: 'lead', input: 'go' })
      const events = collected(turn)
      await slow.begun
      assert.lengthOf(await runtime.openAsks(turn.threadId), 1)
      time.pass(1_001)
      assertFailed(await outcomeOf(turn), { code: 'TIME_LIMIT', message: /more than 1000 ms/, partial: 'nothing yet' })
      assert.deepEqual(await runtime.openAsks(), [])
      const { subtree, ledger } = await runtime.getSnapshot(turn.threadId)
      assert.deepEqual(
        subtree.map(({ thread }) => thread.status),
        ['failed', 'cancelled']
      )
      assert.deepEqual(
        ledger.map(({ status }) => status),
        ['cancelled']
      )
      const ends = (await events).filter(({ type, path }) => type === 'turn.finished' && path === 'lead')
      assert.lengthOf(ends, 1, 'the turn ends once')
      assert.deepEqual(touch.done, [])
    })

    describe('when it is handed over', () => {
      /** An agent that is found hanging in its tool, and hangs again when it first thinks about what to hand over. */
      function hanging(limits = {}) {
        const slow = slowly()
        let times = 0
        let asked = () => {}
        const handing = new Promise<void>((resolve) => {
          asked = resolve
        })
        const model = scripted((messages) => {
          if (messages.at(-1)!.text === 'again') return 'here I am'
          if (!isLast(messages)) return { text: 'I begin', calls: [waits] }
          if (times++ > 0) return 'two of five'
          asked()
          return new Promise<never>(() => {})
        })
        const agent = defineAgent({
          name: 'agent',
          tools: [slow.tool],
          remit,
          limits: { idleMs: 1_000, ...limits },
          model
        })
        return { agent, begun: slow.begun, handing }
      }

      async function handingOver(limits?: { handOverMs: number }) {
        const { agent, begun, handing } = hanging(limits)
        const runtime = runtimeOf(agent)
        const turn = await runtime.startStreamingTurn({ agent: 'agent', input: 'go' })
        await begun
        time.pass(1_001)
        await handing
        return { agent, runtime, turn }
      }

      it('is not waited for longer than its time: the earlier words are what is left', async () => {
        const { runtime, turn } = await handingOver({ handOverMs: 5_000 })
        time.pass(5_001)
        assertFailed(await outcomeOf(turn), { code: 'TIME_LIMIT', message: /no sign of life/, partial: 'I begin' })
        const again = await runtime.startTurn({ agent: 'agent', input: 'again', threadId: turn.threadId })
        assert.deepEqual(again.outcome, { status: 'completed', text: 'here I am' })
      })

      it('stays cancelled that is cancelled meanwhile, and answers the next message', async () => {
        const { runtime, turn } = await handingOver()
        await runtime.cancelRun(turn.threadId, 'enough')
        assert.deepEqual(await outcomeOf(turn), { status: 'cancelled', reason: 'enough' })
        assert.equal((await runtime.getSnapshot(turn.threadId)).thread.status, 'cancelled')
        const again = await runtime.startTurn({ agent: 'agent', input: 'again', threadId: turn.threadId })
        assert.deepEqual(again.outcome, { status: 'completed', text: 'here I am' })
      })

      it('is cancelled by whoever cancels just as the limit is reached', async () => {
        const { agent, begun } = hanging()
        const runtime = runtimeOf(agent)
        const turn = await runtime.startStreamingTurn({ agent: 'agent', input: 'go' })
        await begun
        time.pass(1_001)
        await runtime.cancelRun(turn.threadId, 'enough')
        assert.deepEqual(await outcomeOf(turn), { status: 'cancelled', reason: 'enough' })
      })

      it('pauses where the runtime is closed meanwhile, and is handed over when it goes on', async () => {
        const { runtime, turn, agent } = await handingOver()
        await runtime.close()
        assert.equal((await outcomeOf(turn)).status, 'paused')
        const resumed = await runtimeOf(agent).resume(turn.threadId)
        assertFailed(await outcomeOf(resumed), {
          code: 'TIME_LIMIT',
          message: /no sign of life/,
          partial: 'two of five'
        })
      })
    })

    it('hold for a graph that is not ours, deaf as it may be', async () => {
      let begin = () => {}
      const begun = new Promise<void>((resolve) => {
        begin = resolve
      })
      const graph = new StateGraph(MessagesAnnotation)
        .addNode('say', ({ messages }) => ({
          messages: [new AIMessage(isLast(messages) ? 'all that I have' : 'I begin')]
        }))
        .addNode('hang', ({ messages }) => {
          if (messages.some(({ text }) => text === 'all that I have')) return {}
          begin()
          return new Promise<never>(() => {})
        })
        .addEdge(START, 'say')
        .addEdge('say', 'hang')
        .addEdge('hang', END)
        .compile()
      const runtime = runtimeOf(delegating(worker({ name: 'child', graph, limits: { totalMs: 1_000 } })))
      const turn = await runtime.startStreamingTurn({ agent: 'lead', input: 'go' })
      await begun
      time.pass(1_001)
      assert.deepEqual(await outcomeOf(turn), {
        status: 'completed',
        text: 'TIME_LIMIT: the turn took more than 1000 ms (limits.totalMs)\nWhat it had until then:\nall that I have'
      })
    })

    it('give a queued turn its own end', async () => {
      const slow = slowly()
      const agent = defineAgent({
        name: 'agent',
        tools: [slow.tool],
        remit,
        limits: { totalMs: 1_000, handOverMs: 1_000 },
        model: scripted((messages) => {
          if (isLast(messages)) return 'this far'
          return messages.at(-1)!.text === 'first' ? 'first done' : { calls: [waits] }
        })
      })
      const runtime = runtimeOf(agent)
      const { threadId } = await runtime.startTurn({ agent: 'agent', input: 'first' })
      const turn = await runtime.startStreamingTurn({ agent: 'agent', input: 'second', threadId, whenBusy: 'queue' })
      await slow.begun
      time.pass(1_001)
      assertFailed(await outcomeOf(turn), { code: 'TIME_LIMIT', message: /more than 1000 ms/, partial: 'this far' })
      const ends = (await collected(runtime.events(threadId))).flatMap((event) =>
        event.type === 'turn.finished' ? [event.turn !== undefined] : []
      )
      assert.deepEqual(ends, [true, true], 'each end names the turn')
    })

    it('in steps give one more model call, whose calls are not run, and a thread that answers', async () => {
      const touch = effects()
      let asked = 0
      const agent = defineAgent({
        name: 'agent',
        tools: [touch],
        remit,
        limits: { steps: 2 },
        model: scripted((messages) => {
          asked++
          if (messages.at(-1)!.text === 'again') return 'here I am'
          return { text: `word ${asked}`, calls: [{ name: 'touch', args: { what: `${asked}` } }] }
        })
      })
      const runtime = runtimeOf(agent)
      const { threadId, outcome } = await runtime.startTurn({ agent: 'agent', input: 'go' })
      assertFailed(outcome, { code: 'STEP_LIMIT', message: /2 model calls/, partial: 'word 3' })
      assert.equal(asked, 3)
      assert.deepEqual(touch.done, ['1', '2'])
      const again = await runtime.startTurn({ agent: 'agent', input: 'again', threadId })
      assert.deepEqual(again.outcome, { status: 'completed', text: 'here I am' })
    })
  })
}

for (const [name, makePlace] of DURABLE_STORES) {
  describe(`the time of a turn, on ${name}`, () => {
    let place: StorePlace
    let stores: Store[]
    beforeEach(async () => {
      place = await makePlace()
      stores = [await openStore(place.url), await openStore(place.url)]
    })
    afterEach(async () => {
      for (const store of stores) await store.close()
      await place.remove()
    })

    /** Waits as often as its task says, each time with the next of the tools that its process has. */
    function waiting(...tools: readonly ReturnType<typeof slowly>[]) {
      const left = [...tools]
      const next: Tool = {
        ...tools[0]!.tool,
        effect: 'idempotent',
        run: (args, run) => left.shift()!.tool.run(args, run)
      }
      const model = playing((task, results, messages) => {
        if (isLast(messages)) return 'this far'
        return results.length === Number(task) ? 'waited enough' : [waits]
      })
      return defineAgent({ name: 'agent', tools: [next], remit, limits: { totalMs: 100_000 }, model })
    }

    it('goes on counting in the process that goes on with it', async () => {
      const time = manualTime()
      const [first, second] = [slowly(), slowly()]
      const before = agentRuntime({ store: stores[0]!, agents: [waiting(first)], ...time, leaseMs: LONG_LEASE_MS })
      const turn = await before.startStreamingTurn({ agent: 'agent', input: '2' })
      await first.begun
      time.pass(60_000)
      await before.close()
      time.pass(DAY_MS)
      const after = agentRuntime({ store: stores[1]!, agents: [waiting(second)], ...time, leaseMs: LONG_LEASE_MS })
      const resumed = await after.resume(turn.threadId)
      await second.begun
      time.pass(40_001)
      assertFailed(await outcomeOf(resumed), {
        code: 'TIME_LIMIT',
        message: /more than 100000 ms/,
        partial: 'this far'
      })
    })

    it('is known up to the last model call where a process dies', async () => {
      const time = manualTime()
      const [first, second, third] = [slowly(), slowly(), slowly()]
      const dies = { store: stores[0]!, agents: [waiting(first, second)], clock: time.clock, every: () => () => {} }
      const turn = await agentRuntime({ ...dies, leaseMs: 1_000_000 }).startStreamingTurn({
        agent: 'agent',
        input: '2'
      })
      await first.begun
      time.pass(60_000)
      first.release()
      await second.begun
      time.pass(1_000_001)
      const after = agentRuntime({ store: stores[1]!, agents: [waiting(third)], ...time, leaseMs: 1_000_000 })
      const [recovered] = await after.recover()
      assert.equal(recovered!.threadId, turn.threadId)
      await third.begun
      time.pass(40_001)
      assertFailed(await outcomeOf(recovered!), {
        code: 'TIME_LIMIT',
        message: /more than 100000 ms/,
        partial: 'this far'
      })
    })

    it('begins anew with a turn, also where a process dies in it', async () => {
      const time = manualTime()
      const [first, second, third] = [slowly(), slowly(), slowly()]
      const dies = { store: stores[0]!, agents: [waiting(first, second)], clock: time.clock, every: () => () => {} }
      const runtime = agentRuntime({ ...dies, leaseMs: 1_000_000 })
      const turn = await runtime.startStreamingTurn({ agent: 'agent', input: '1' })
      await first.begun
      time.pass(90_000)
      first.release()
      await turn.result
      await runtime.startStreamingTurn({ agent: 'agent', input: '1', threadId: turn.threadId })
      await second.begun
      time.pass(1_000_001)
      const after = agentRuntime({ store: stores[1]!, agents: [waiting(third)], ...time, leaseMs: 1_000_000 })
      const [recovered] = await after.recover()
      await third.begun
      time.pass(40_000)
      third.release()
      assert.deepEqual(await outcomeOf(recovered!), { status: 'completed', text: 'waited enough' })
    })
  })
}

/** A tool that tells of each step that it is told to take, until its end. */
function stepping() {
  let take: (end: boolean) => void = () => {}
  const step = tool({
    name: 'step',
    description: 'Goes step by step.',
    effect: 'read',
    args: z.object({}),
    async run(_args, { signal, progress }) {
      let at = 0
      const aborted = new Promise<never>((_, reject) =>
        signal.addEventListener('abort', () => reject(signal.reason), { once: true })
      )
      aborted.catch(() => {})
      while (true) {
        const told = new Promise<boolean>((resolve) => {
          take = resolve
        })
        if (at > 0) progress(`${at}`)
        const end = await Promise.race([aborted, told])
        if (end) return 'the end'
        at++
      }
    }
  })
  return { tool: step, next: () => take(false), end: () => take(true) }
}

function delegating(child: Agent, charter: Partial<Parameters<typeof defineAgent>[0]> = {}) {
  const model = playing((_task, results) => results[0] ?? [{ name: 'delegate', args: { agent: 'child', task: 'go' } }])
  return defineAgent({ remit, ...charter, name: 'lead', delegates: [child], model })
}

function isLast(messages: readonly { text: string }[]): boolean {
  return messages.at(-1)!.text.includes('last reply')
}

async function outcomeOf(turn: Turn): Promise<Outcome> {
  return (await turn.result).outcome
}

function assertFailed(
  outcome: Outcome,
  { code, message, partial }: { code: string; message: RegExp; partial: string }
) {
  assert.equal(outcome.status, 'failed')
  if (outcome.status !== 'failed') return
  assert.deepEqual([outcome.error.code, outcome.error.partial], [code, partial])
  assert.match(outcome.error.message, message)
}
