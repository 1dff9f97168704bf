// Calls as they are written: told live, under the ids and names that they then have, and each answered once.
import { isAIMessage, isToolMessage } from '@langchain/core/messages'
import { assert, describe, it } from 'vitest'
import { z } from 'zod'
import { openStore } from '../../checkpointers/open.ts'
import { defineAgent } from '../../prebuilt/define-agent.ts'
import { agentRuntime } from '../../runtime/agent-runtime.ts'
import type { AgentState } from '../../state/agent.ts'
import { type AgentEvent, passes } from '../../state/events.ts'
import { allow } from '../../state/remit.ts'
import { tool } from '../../tools/tool.ts'
import { collected } from '../support/collected.ts'
import { resultsOf } from '../support/script.ts'
import { type Part, type Speech, streaming } from '../support/streaming-model.ts'

const note = tool({
  name: 'note',
  description: 'Notes something.',
  effect: 'read',
  args: z.object({ what: z.unknown().optional() }),
  run: async ({ what }) => JSON.stringify(what ?? null)
})

async function runtimeOf(speech: Speech, name = 'agent') {
  const agent = defineAgent({ name, tools: [note], remit: [allow('*')], model: streaming(speech) })
  return agentRuntime({ store: await openStore('memory:'), agents: [agent] })
}

/** Says the parts, and when they are answered, `done`. */
const saying =
  (...parts: Part[]): Speech =>
  (messages) =>
    resultsOf(messages).length > 0 ? ['done'] : parts

interface Live {
  readonly tool: string
  text: string
}

/** What was told of each call as it was written. */
function liveCalls(events: readonly AgentEvent[]): Map<string, Live> {
  const live = new Map<string, Live>()
  for (const event of events) {
    if (event.type === 'call.started') live.set(event.toolCallId, { tool: event.tool, text: '' })
    if (event.type === 'call.delta') live.get(event.toolCallId)!.text += event.text
  }
  return live
}

const madeCalls = (events: readonly AgentEvent[]) =>
  events.flatMap((event) => (event.type === 'model.finished' ? event.calls : []))

async function played(speech: Speech) {
  const runtime = await runtimeOf(speech)
  const turn = await runtime.startStreamingTurn({ agent: 'agent', input: 'go' })
  const events = await collected(turn)
  const { outcome } = await turn.result
  const { messages } = (await runtime.getSnapshot(turn.threadId)).values as unknown as AgentState
  await runtime.close()
  return { events, outcome, messages }
}

describe('a call that is being written', () => {
  it('is told of while it is written, and none of that is kept', async () => {
    let read = () => {}
    const isRead = new Promise<void>((resolve) => {
      read = resolve
    })
    const runtime = await runtimeOf(async function* (messages) {
      if (resultsOf(messages).length > 0) return yield 'done'
      yield { index: 0, id: 'c', name: 'note', args: '{"what":' }
      await isRead
      yield { index: 0, args: '[{}]}' }
    })
    const turn = await runtime.startStreamingTurn({ agent: 'agent', input: 'go' })
    const told: string[] = []
    for await (const event of turn) {
      if (event.type === 'call.started') told.push(event.tool)
      if (event.type === 'call.delta') told.push(event.text)
      if (event.type === 'call.delta') read()
    }
    assert.deepEqual(told, ['note', '{"what":', '[{}]}'])
    assert.isEmpty((await collected(runtime.events(turn.threadId))).filter(passes))
  })

  it('is told of under the id and the name that it then has', async () => {
    const { events } = await played(
      saying(
        { index: 0, id: 'functions.note:0', name: 'functions.note', args: '{"what":' },
        { index: 1, id: 'c', name: 'NOTE', args: '{"what":2}' },
        { index: 2, id: 'c', name: 'note', args: '{"what":3}' },
        { index: 0, args: '1}' }
      )
    )
    const live = [...liveCalls(events)].map(([id, { tool, text }]) => ({ id, name: tool, args: JSON.parse(text) }))
    assert.deepEqual(live, madeCalls(events) as typeof live)
    assert.lengthOf(live, 3)
  })

  for (const [oddity, parts, answers] of [
    [
      'has text before its id and its name',
      [
        { index: 0, args: '{"what"' },
        { index: 0, id: 'c', args: ':' },
        { index: 0, name: 'note', args: '1}' }
      ],
      ['1']
    ],
    [
      'is written between the pieces of another',
      [
        { index: 0, id: 'a', name: 'note', args: '{"wh' },
        { index: 1, id: 'b', name: 'note', args: '{"what"' },
        { index: 0, args: 'at":1}' },
        { index: 1, args: ':2}' }
      ],
      ['1', '2']
    ],
    ['has no arguments', [{ index: 0, id: 'c', name: 'note', args: '' }], ['null']],
    [
      'has the id of another',
      [
        { index: 0, id: 'c', name: 'note', args: '{"what":1}' },
        { index: 1, id: 'c', name: 'note', args: '{"what":2}' }
      ],
      ['1', '2']
    ],
    [
      'has the id and the index of another',
      [
        { index: 0, id: 'c', name: 'note', args: '{"what":1}' },
        { index: 0, id: 'c', name: 'note', args: '{"what":2}' }
      ],
      ['1', '2']
    ],
    ['has no name', [{ index: 0, id: 'c', args: '{"what":1}' }], ['BAD_ARGUMENTS: there is no tool "unnamed"']],
    ['has no id', [{ index: 0, name: 'note', args: '{"what":1}' }], ['1']],
    [
      'names no tool',
      [{ index: 0, id: 'c', name: 'nota_bene', args: '{}' }],
      ['BAD_ARGUMENTS: there is no tool "nota_bene"']
    ],
    ['is in the wrong case', [{ index: 0, id: 'c', name: 'Note', args: '{"what":1}' }], ['1']],
    [
      'is cut off',
      [{ index: 0, id: 'c', name: 'note', args: '{"what":"/srv/da' }],
      ['BAD_ARGUMENTS: the arguments are no JSON']
    ]
  ] as const)
    it(`has one result where it ${oddity}`, async () => {
      const { outcome, messages, events } = await played(saying(...parts))
      assert.deepEqual(outcome, { status: 'completed', text: 'done' })
      const calls = messages.flatMap((message) => (isAIMessage(message) ? (message.tool_calls ?? []) : []))
      const results = messages.filter(isToolMessage)
      assert.deepEqual(
        results.map((result) => result.tool_call_id),
        calls.map(({ id }) => id),
        'one each, in order'
      )
      for (const [at, answer] of answers.entries()) assert.include(results[at]!.text, answer)
      assert.lengthOf(results, answers.length)
      const made = new Set(madeCalls(events).map(({ id }) => id))
      for (const id of liveCalls(events).keys()) assert.isTrue(made.has(id), 'told live, and then made')
    })

  it('is told again where the reply broke off in the middle of it, after word of that', async () => {
    let attempts = 0
    const { events, outcome } = await played((messages) => {
      if (resultsOf(messages).length > 0) return ['done']
      return (function* (): Generator<Part> {
        yield { index: 0, id: 'c', name: 'note', args: '{"what":"ha' }
        if (++attempts === 1) throw Object.assign(new Error('overloaded'), { status: 529 })
        yield { index: 0, args: 'lf"}' }
      })()
    })
    assert.deepEqual(outcome, { status: 'completed', text: 'done' })
    const order = events.map(({ type }) => type).filter((type) => type === 'call.started' || type === 'model.retried')
    assert.deepEqual(order, ['call.started', 'model.retried', 'call.started'])
    assert.equal(liveCalls(events).get('c')!.text, '{"what":"half"}')
  })
})

describe('two runs in one process', () => {
  it('keep their calls apart, though their models write piece by piece in turns', async () => {
    const text = (who: string) => JSON.stringify({ what: { [who]: [{ deep: who.repeat(20) }] } })
    const inTurns = turns(2)
    const writing = (place: number, who: string): Speech =>
      async function* (messages) {
        if (resultsOf(messages).length > 0) return yield 'done'
        yield { index: 0, id: 'call_0', name: 'note' }
        for (const args of text(who)) {
          await inTurns(place)
          yield { index: 0, args }
        }
      }
    const begun = await Promise.all(
      ['a', 'b'].map(async (who, place) => {
        const runtime = await runtimeOf(writing(place, who))
        return { who, turn: await runtime.startStreamingTurn({ agent: 'agent', input: 'go' }) }
      })
    )
    const events = await Promise.all(begun.map(({ turn }) => collected(turn)))
    for (const [place, { who }] of begun.entries()) {
      assert.equal(liveCalls(events[place]!).get('call_0')!.text, text(who))
      assert.deepEqual(madeCalls(events[place]!)[0]!.args, JSON.parse(text(who)))
    }
  })
})

/** Lets each of them go on in its turn, one step each. */
function turns(count: number): (place: number) => Promise<void> {
  let next = 0
  const waiting = new Map<number, () => void>()
  return async (place) => {
    if (next !== place) await new Promise<void>((go) => waiting.set(place, go))
    next = (place + 1) % count
    waiting.get(next)?.()
    waiting.delete(next)
  }
}
