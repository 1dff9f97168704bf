/** A line of a file as the tool `read` showed it. */
export interface SourceLine {
  readonly number: number
  readonly text: string
}

/** The lines in an output of `read`, without what the tool says itself. */
export function sourceLines(output: string): SourceLine[] {
  return output.split('\n').flatMap((line) => {
    const [, number, text] = /^ *(\d+)\t(.*)$/.exec(line) ?? []
    return number === undefined || text === undefined ? [] : [{ number: Number(number), text }]
  })
}
