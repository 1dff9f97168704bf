// What can be seen from outside of all processes: what tools have done, what was listed, accepted and decided; and the rows
// and checkpoints themselves, read past any runtime.
import { type BaseMessage, isAIMessage, isHumanMessage, isToolMessage } from '@langchain/core/messages'
import { assert } from 'vitest'
import type { Store } from '../../checkpointers/store.ts'
import type { Ask } from '../../state/asks.ts'
import type { AgentEvent } from '../../state/events.ts'
import type { ThreadRecord } from '../../state/threads.ts'
import { type Deed, deedsOf, isApproved, isOnce } from './tree.ts'

export interface Book {
  readonly done: Deed[]
  /** Every ask that was ever listed, by its id. */
  readonly listed: Map<string, Ask>
  /** The asks whose answers were accepted. */
  readonly answered: Set<string>
  /** The calls that were at work when a process died. */
  readonly interrupted: Set<string>
}

export function emptyBook(): Book {
  return { done: [], listed: new Map(), answered: new Set(), interrupted: new Set() }
}

/** What somebody said to the root, and whether the journal has it. */
export async function isAccepted(text: string, { store, root }: { store: Store; root: ThreadRecord }) {
  const letters = await store.journal.letters(root.threadId)
  return letters.some((letter) => letter.text === text) || (await said(store, root)).includes(text)
}

/** What was said to the root so far, as its own history has it. */
export async function said(store: Store, { threadId }: ThreadRecord): Promise<string[]> {
  return (await messagesOf(store, threadId)).filter(isHumanMessage).map(({ text }) => text)
}

/** After a process has died: no ask is lost, no answer forgotten. */
export async function lookAfterCrash(store: Store, book: Book): Promise<void> {
  for (const [id, ask] of book.listed) {
    const record = await store.journal.ask(id)
    const about = `the ask about ${JSON.stringify(ask.args)}`
    assert.ok(record && record.status !== 'withdrawn', `${about} is lost`)
    if (book.answered.has(id)) assert.equal(record.status, 'decided', `the answer to ${about} is lost`)
    if (record.status === 'decided') book.answered.add(id)
  }
  for (const { toolCallId } of await store.journal.startedCalls()) book.interrupted.add(toolCallId)
}

/** Once its root has ended: what must be true of a tree, whatever it went through. */
export async function lookAtEnd(
  { store, root, book }: { store: Store; root: ThreadRecord; book: Book },
  { seed, inputs }: { seed: number; inputs: readonly string[] }
): Promise<void> {
  const { journal } = store
  const events = await journal.eventsOf(root.threadId, { after: 0, limit: 10_000 })
  assert.deepEqual(events.flatMap(failureIn), [], 'no turn fails')
  assert.deepEqual(
    events.map(({ seq }) => seq),
    events.map((_, at) => at + 1)
  )
  const threads = await journal.threadsOf(root.threadId)
  assert.deepEqual(threads.map(({ agent, status }) => `${agent} ${status}`).sort(), ENDED_TREE)
  assert.deepEqual(await journal.openAsks({ rootThreadId: root.threadId }), [], 'nothing is asked any more')
  assert.deepEqual(await journal.letters(root.threadId), [], 'every letter was taken')
  assert.deepEqual(await journal.startedCalls({ rootThreadId: root.threadId }), [], 'every call has its result')
  assert.deepEqual((await journal.lease(root.threadId))?.expiresAt, 0, 'the lease was given back')

  const histories = await Promise.all(threads.map(({ threadId }) => messagesOf(store, threadId)))
  for (const history of histories) assertValid(history)
  lookAtDeeds(histories.flat(), { book, seed })
  const own = histories[threads.findIndex(({ threadId }) => threadId === root.threadId)]!
  assert.deepEqual(
    own
      .filter(isHumanMessage)
      .map(({ text }) => text)
      .sort(),
    [...inputs].sort(),
    'each input once'
  )
  assert.ok(isAIMessage(own.at(-1)!), 'the last word is the model’s')
}

const ENDED_TREE = ['lead', ...Array(3).fill('coder'), ...Array(3).fill('tester')]
  .map((agent) => `${agent} completed`)
  .sort()

/** Each call has the result that fits what the world saw of it. */
function lookAtDeeds(messages: readonly BaseMessage[], { book, seed }: { book: Book; seed: number }): void {
  const calls = messages.flatMap((message) => (isAIMessage(message) ? (message.tool_calls ?? []) : []))
  const results = new Map(
    messages.flatMap((message) => (isToolMessage(message) ? [[message.tool_call_id, message]] : []))
  )
  const asked = [...book.listed.values()].map(({ args }) => (args as { what: string }).what)
  assert.equal(new Set(asked).size, asked.length, `nothing is asked twice: ${asked.sort()}`)

  for (const { tool, what } of deedsOf(seed)) {
    const about = `${tool} ${what}`
    const made = calls.filter(({ name, args }) => name === tool && args.what === what)
    assert.equal(made.length, 1, `${about} is called once`)
    const id = made[0]!.id!
    const result = results.get(id)!.text
    const done = book.done.filter((deed) => deed.tool === tool && deed.what === what)
    assert.equal(new Set(done.map(({ key }) => key)).size, Math.min(done.length, 1), `${about} has one key`)
    if (isOnce(tool)) assert.isAtMost(done.length, 1, `${about} is done at most once`)
    if (tool === 'touch' && !isApproved(what, seed)) {
      assert.equal(done.length, 0, `${about} was rejected`)
      assert.match(result, /^REJECTED/)
    } else if (result.startsWith('OUTCOME_UNKNOWN')) {
      assert.ok(isOnce(tool), `${about} may be repeated`)
      assert.ok(book.interrupted.has(id), `${about} was not at work when a process died`)
    } else {
      assert.equal(result, about)
      assert.isAtLeast(done.length, 1, `${about} is said to be done`)
    }
  }
}

/** As every provider accepts it: each call is followed by exactly one result, in order, and no result stands alone. */
function assertValid(messages: readonly BaseMessage[]): void {
  let awaited: (string | undefined)[] = []
  for (const message of messages) {
    if (isToolMessage(message))
      assert.equal(message.tool_call_id, awaited.shift(), 'a result stands where its call was')
    else {
      assert.deepEqual(awaited, [], 'every call has its result before anybody speaks')
      awaited = isAIMessage(message) ? (message.tool_calls ?? []).map(({ id }) => id) : []
    }
  }
  assert.deepEqual(awaited, [], 'every call has its result')
  const ids = messages.map(({ id }) => id)
  assert.equal(new Set(ids).size, ids.length, 'no message is there twice')
}

function failureIn(event: AgentEvent): string[] {
  if (event.type !== 'turn.finished' || event.outcome.status !== 'failed') return []
  return [`${event.path}: ${event.outcome.error.code}: ${event.outcome.error.message}`]
}

async function messagesOf({ saver }: Store, threadId: string): Promise<BaseMessage[]> {
  const tuple = await saver.getTuple({ configurable: { thread_id: threadId, checkpoint_ns: '' } })
  return (tuple?.checkpoint.channel_values.messages ?? []) as BaseMessage[]
}
