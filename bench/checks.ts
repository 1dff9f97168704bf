// Nothing is measured that did not happen: each run's result is checked, after its time has been taken.
import assert from 'node:assert/strict'
import type { BaseMessage } from '@langchain/core/messages'
import { answerTo, tasks, textOf, workDone } from './workload.ts'

/** A worker's whole conversation: the input, a call and its result for each step, the answer. */
export function checkWorker(messages: unknown, { input, steps }: { input: string; steps: number }): void {
  const texts = (messages as BaseMessage[]).map((message) => message.text)
  const worked = Array.from({ length: steps }, (_, step) => [textOf(`calling ${step}`), workDone(step)])
  assert.deepEqual(texts, [input, ...worked.flat(), answerTo(input)])
}

/** A supervisor's whole conversation, with the result of every child in the order of the calls. */
export function checkSupervisor(messages: unknown, { input, children }: { input: string; children: number }): void {
  const texts = (messages as BaseMessage[]).map((message) => message.text)
  assert.deepEqual(texts, [input, textOf('delegating'), ...tasks(children).map(answerTo), answerTo(input)])
}
