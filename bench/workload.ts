// What both sides do: the same texts, the same calls, the same model class.
//
// W1. Every text is 540 bytes, and no two of a conversation are alike.
// W2. The model takes no time and looks only at the last message: the user's -> call 0, the result of call k -> call k + 1,
//     after the last call -> the answer.
// W3. Only the answer may take a while: with `spreadMs` that of task n comes n times as much later, as siblings at real
//     work are done one by one and not all at once.
import type { BaseChatModel } from '@langchain/core/language_models/chat_models'
import { type BaseMessage, isToolMessage } from '@langchain/core/messages'
import { type Reply, scripted } from '../models/scripted.ts'

const TEXT_BYTES = 540
/** Prose, as compressible as prose is. */
const FILLER = [
  'a worker reads the file that was named, looks for the line at fault, and says what it would change before it changes it;',
  'whoever gave the task hears of each question, answers those that are its own to answer, and hands on the others;',
  'somebody at a desk far above may say yes on Monday to what was asked on Friday night, and by then the process that asked has',
  'been gone for two days, which nobody needs to know: its thread lies where it was left, with all that was said and done on it,',
  'and goes on from there when the answer comes, once and only once, however often power or patience fail in between'
].join(' ')

/** The tool of a worker, as the model names it. */
export const WORK = 'work'
/** The tool of a supervisor. It has this name on both sides, so that both run the same script. */
export const DELEGATE = 'delegate'

/** 540 bytes that begin with `about`. */
export function textOf(about: string): string {
  return `${about} | ${FILLER}`.slice(0, TEXT_BYTES)
}

/** The body of the worker's tool. */
export function workDone(step: number): string {
  return textOf(`result of step ${step}`)
}

/** What a worker answers to a task; the task's number comes back in it. */
export function answerTo(task: string): string {
  return textOf(`answer to ${task.slice(0, task.indexOf(' | '))}`)
}

export interface WorkerWork {
  readonly steps: number
  readonly spreadMs?: number
}

/** A worker's model: `steps` calls, one after the other, then the answer. */
export function workerModel({ steps, spreadMs = 0 }: WorkerWork): BaseChatModel {
  return scripted((messages) => {
    const last = messages.at(-1)!
    const next = isToolMessage(last) ? Number(last.tool_call_id.slice(CALL.length)) + 1 : 0
    if (next < steps) return calling(next)
    const task = firstText(messages)
    return { ...said(answerTo(task)), delayMs: spreadMs * numberOf(task) }
  })
}

/** A supervisor's model: a task for each of `children` at once, then the answer. */
export function supervisorModel(children: number): BaseChatModel {
  return scripted((messages) => {
    if (isToolMessage(messages.at(-1)!)) return said(answerTo(firstText(messages)))
    return said(textOf('delegating'), tasks(children).map(delegating))
  })
}

export function tasks(children: number): string[] {
  return Array.from({ length: children }, (_, child) => textOf(`task ${child}`))
}

const CALL = 'call_'

function numberOf(task: string): number {
  return Number.parseInt(task.slice('task '.length), 10)
}

function calling(step: number): Reply {
  return said(textOf(`calling ${step}`), [{ name: WORK, args: { step }, id: `${CALL}${step}` }])
}

function delegating(task: string, index: number) {
  return { name: DELEGATE, args: { agent: 'worker', task }, id: `${CALL}${index}` }
}

function said(text: string, calls: { name: string; args: Record<string, unknown>; id: string }[] = []) {
  return { text, calls, usage: { input: 1, output: 1 } }
}

function firstText(messages: readonly BaseMessage[]): string {
  return messages[0]!.text
}
