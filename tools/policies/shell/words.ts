import { homedir } from 'node:os'
import type { Word as Parsed, WordPart } from 'unbash'

/** One word of a command. Of one that is not `fixed` only the shell will know what it becomes, and how many words. */
export interface Word {
  readonly value: string
  readonly fixed: boolean
}

/** A word as the shell will see it: without quotes, with the home directory where that is meant. */
export function wordOf({ text, value, parts }: Parsed): Word {
  const home = homeIn(text)
  if (home !== undefined)
    return { value: homedir() + value.slice(home), fixed: parts === undefined || parts.every(isFixed) }
  if (parts === undefined) return { value, fixed: !text.startsWith('~') }
  const texts = parts.map(textOf)
  if (texts.every((each) => each !== undefined)) return { value: texts.join(''), fixed: !text.startsWith('~') }
  return { value, fixed: false }
}

/** How many characters of the text stand for the home directory. */
function homeIn(text: string): number | undefined {
  return text === '~' || text.startsWith('~/') ? 1 : undefined
}

function isFixed(part: WordPart): boolean {
  return textOf(part) !== undefined
}

/** What a part always becomes. */
function textOf(part: WordPart): string | undefined {
  switch (part.type) {
    case 'SimpleExpansion':
      return part.text === '$HOME' ? homedir() : undefined
    case 'ParameterExpansion':
      return part.parameter === 'HOME' && !part.prefix && !part.index && !part.operation ? homedir() : undefined
    case 'Literal':
    case 'SingleQuoted':
    case 'AnsiCQuoted':
      return part.value
    case 'DoubleQuoted':
    case 'LocaleString': {
      const texts = part.parts.map(textOf)
      return texts.every((each) => each !== undefined) ? texts.join('') : undefined
    }
    default:
      return undefined
  }
}
