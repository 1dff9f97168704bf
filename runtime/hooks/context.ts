const OPENING = /<(\/?)(hook\b)/gi
const LONGEST = 20_000

/** The words of a hook as the model reads them: marked, so that they can be told from anybody else's, and never out of the mark. */
export function inMark(name: string, text: string): string {
  const inner = text.slice(0, LONGEST).replace(OPENING, '<$1\u200b$2')
  return `<hook name=${JSON.stringify(name)}>\n${inner}\n</hook>`
}
