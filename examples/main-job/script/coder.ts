import type { Script } from '../../../models/scripted.ts'
import { type Answered, answeredCalls, taskOf } from './conversation.ts'
import { GUARDS } from './guards.ts'
import { type SourceLine, sourceLines } from './source.ts'

/** Reads the file that the task is about, makes the edits that it lacks out of what it read, and tells what came of them. */
export const coder: Script = (messages) => {
  const done = answeredCalls(messages)
  const edited = done.filter(({ name }) => name === 'edit')
  if (edited.length > 0) return report(edited)
  const source = done.find(({ name }) => name === 'read')
  if (!source) return { calls: [{ name: 'read', args: { path: fileIn(taskOf(messages)) } }] }
  if (!source.ok) return `Nothing is changed: ${source.output}`

  const path = String(source.args.path)
  const edits = missingGuards(sourceLines(source.output)).map((edit) => ({ name: 'edit', args: { path, ...edit } }))
  if (edits.length === 0) return `Nothing is changed: I find no place in ${path} that lacks a guard.`
  return { text: `${path} lacks ${edits.length} guards.`, calls: edits }
}

function fileIn(task: string): string {
  return /\b([\w/-]+\.js)\b/.exec(task)?.[1] ?? 'index.js'
}

function missingGuards(lines: readonly SourceLine[]): { old: string; new: string }[] {
  return GUARDS.flatMap(({ place, present, guarded }) => {
    if (lines.some(({ text }) => present.test(text))) return []
    return lines.flatMap(({ text }) => {
      const indent = place.exec(text)?.[1]
      return indent === undefined ? [] : [{ old: text, new: guarded(text, indent) }]
    })
  })
}

function report(edited: readonly Answered[]): string {
  const failed = edited.filter(({ ok }) => !ok)
  if (failed.length > 0) return `Not all edits were made:\n${failed.map(({ output }) => output).join('\n')}`
  const changes = edited.map(({ args }) => `before: ${String(args.old).trim()}\nnow:\n${String(args.new)}`)
  return [`Made ${edited.length} edits in ${String(edited[0]?.args.path)}.`, ...changes].join('\n')
}
