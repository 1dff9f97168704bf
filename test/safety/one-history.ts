import type { BaseMessage } from '@langchain/core/messages'
import { assert } from 'vitest'
import type { Store } from '../../checkpointers/store.ts'
import { eventsOf } from '../../runtime/history/events.ts'
import { beginsTurn } from '../../state/messages.ts'
import { collected } from '../support/collected.ts'
import type { Said } from './speaker.ts'

interface Written {
  readonly store: Store
  readonly said: readonly Said[]
  readonly effects: readonly string[]
  /** Whether a process may have been frozen in the middle of a call, whose outcome nobody can know then. */
  readonly mayBeUnknown: boolean
}

/** What was said to many threads at once is in each of them once, in one line, with its own answer, and nothing is left over. */
export async function oneHistory({ store, said, effects, mayBeUnknown }: Written): Promise<void> {
  const unknown = new Set<string>()
  for (const { input, outcome } of said) {
    const text = outcome.status === 'completed' ? outcome.text : JSON.stringify(outcome)
    if (mayBeUnknown && text.startsWith(`${input}: OUTCOME_UNKNOWN`)) unknown.add(input)
    else assert.equal(text, `${input}: touched ${input}`)
  }
  const certain = said.map(({ input }) => input).filter((input) => !unknown.has(input))
  assert.deepEqual(effects.filter((what) => !unknown.has(what)).sort(), certain.sort(), 'each effect came about once')
  assert.equal(new Set(effects).size, effects.length, 'none came about twice')
  assert.deepEqual(await store.journal.unfinished(), [])

  for (const threadId of new Set(said.map((each) => each.threadId))) {
    const ofThread = said.filter((each) => each.threadId === threadId)
    const messages = await oneLine(threadId, store)
    const inputs = messages.filter(beginsTurn).map(({ text }) => text)
    const expected = ['hello', ...ofThread.map(({ input }) => input)]
    assert.deepEqual([...inputs].sort(), expected.sort(), 'each message is in the history once')
    for (const writer of new Set(inputs.map(writerOf)))
      assert.deepEqual(
        inputs.filter((input) => writerOf(input) === writer),
        expected.filter((input) => writerOf(input) === writer).sort(byNumber),
        'in the order in which its sender sent them'
      )
    assert.deepEqual(await store.journal.letters(threadId), [], 'no letter is left')
    assert.equal((await store.journal.thread(threadId))!.status, 'completed')
    const events = await collected(eventsOf(threadId, { journal: store.journal }))
    assert.deepEqual(
      events.map(({ seq }) => seq),
      events.map((_, at) => at + 1),
      'the numbers of its events have no gap'
    )
  }
}

/** From the first checkpoint of a thread to the last there is one way, and nothing beside it. Gives the last messages. */
export async function oneLine(threadId: string, { saver }: Store): Promise<readonly BaseMessage[]> {
  const line: { id: string; parent: string | undefined; messages: readonly BaseMessage[] }[] = []
  for await (const { checkpoint, parentConfig } of saver.list({ configurable: { thread_id: threadId } }))
    line.unshift({
      id: checkpoint.id,
      parent: parentConfig?.configurable?.checkpoint_id,
      messages: (checkpoint.channel_values.messages ?? []) as BaseMessage[]
    })
  for (const [at, { parent, messages }] of line.entries()) {
    const before = line[at - 1]
    assert.equal(parent, before?.id, 'each checkpoint is the one child of the one before it')
    const kept = before?.messages.map(({ id }) => id) ?? []
    assert.deepEqual(
      messages.slice(0, kept.length).map(({ id }) => id),
      kept,
      'and adds to its messages'
    )
  }
  return line.at(-1)?.messages ?? []
}

const writerOf = (input: string) => input.split('/')[0]!
const numberOf = (input: string) => Number(input.split('/')[2])
const byNumber = (a: string, b: string) => numberOf(a) - numberOf(b)
