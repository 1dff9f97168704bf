import type { Script } from '../../../models/scripted.ts'
import { answeredCalls } from './conversation.ts'
import { GUARDS } from './guards.ts'
import { type SourceLine, sourceLines } from './source.ts'

/** Looks where names from the file are used as keys, reads, and tells which of these places have no guard. */
export const researcher: Script = (messages) => {
  const done = answeredCalls(messages)
  const searched = done.find(({ name }) => name === 'search')
  if (!searched)
    return {
      text: 'Where does a name from the file become a key?',
      calls: [
        { name: 'search', args: { pattern: '\\[(section|part|key|nl)\\]', glob: '*.js' } },
        { name: 'search', args: { pattern: '__proto__', glob: '*.js' } }
      ]
    }
  const source = done.find(({ name }) => name === 'read')
  const file = /^(.+\.js):\d+:/m.exec(searched.output)?.[1]
  if (!source && file) return { calls: [{ name: 'read', args: { path: file } }] }
  if (!source?.ok) return `I found no source to read: ${(source ?? searched).output}`
  return report(String(source.args.path), sourceLines(source.output))
}

function report(file: string, lines: readonly SourceLine[]): string {
  const findings = GUARDS.flatMap(({ place, danger, present }) => {
    if (lines.some(({ text }) => present.test(text))) return []
    return lines
      .filter(({ text }) => place.test(text))
      .map(({ number, text }) => `${file}:${number}: ${text.trim()}\n  ${danger}`)
  })
  if (findings.length === 0) return `${file}: every place that I know to be dangerous has a guard, or is not there.`
  return `Names from the file choose the object that is written to, without a guard:\n${findings.join('\n')}`
}
