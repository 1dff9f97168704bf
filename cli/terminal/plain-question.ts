import { createInterface } from 'node:readline'
import type { ReadStream, WriteStream } from 'node:tty'
import type { Question } from '../driving/person.ts'
import type { Redact } from '../secrets.ts'
import type { Paint } from '../view/paint.ts'
import { painted } from '../view/toned.ts'
import { drained } from './drained.ts'

interface PlainParts {
  readonly stdin: ReadStream
  /** Beside the output, which somebody else may read. */
  readonly stderr: WriteStream
  readonly paint: Paint
  readonly redact: Redact
  interrupt(): void
}

/** Questions line by line, where there is no screen to draw on. What was typed before one was there is not its answer. */
export function plainQuestion(parts: PlainParts): Question {
  const { stdin, stderr, paint, redact } = parts
  return async (lines, about) => {
    if (about.signal.aborted) return undefined
    for (const line of lines) stderr.write(`${painted({ ...line, text: redact(line.text) }, paint)}\n`)
    await emptied(stdin)
    return typedLine(parts, about)
  }
}

/** Reads away what lies in the terminal, also where it is no whole line yet. */
async function emptied(stdin: ReadStream): Promise<void> {
  const forget = () => {}
  stdin.setRawMode(true)
  stdin.on('data', forget)
  await drained()
  stdin.off('data', forget)
  stdin.pause()
  stdin.setRawMode(false)
}

function typedLine(
  { stdin, stderr, interrupt }: PlainParts,
  { prefill, signal }: Parameters<Question>[1]
): Promise<string | undefined> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve(undefined)
    const editor = createInterface({ input: stdin, output: stderr, historySize: 0 })
    const leave = (typed: string | undefined) => {
      signal.removeEventListener('abort', stop)
      resolve(typed)
      editor.close()
    }
    const stop = () => leave(undefined)
    signal.addEventListener('abort', stop, { once: true })
    editor.on('close', stop)
    editor.on('SIGINT', interrupt)
    editor.question('> ', leave)
    if (prefill) editor.write(prefill)
  })
}
