import { createInterface } from 'node:readline'
import type { ReadStream, WriteStream } from 'node:tty'
import type { Question } from '../driving/person.ts'
import type { Redact } from '../secrets.ts'
import type { Paint } from '../view/paint.ts'
import { painted } from '../view/toned.ts'

interface PlainParts {
  readonly stdin: ReadStream
  /** Beside the output, which somebody else may read. */
  readonly stderr: WriteStream
  readonly paint: Paint
  readonly redact: Redact
  interrupt(): void
}

/** Questions line by line, where there is no screen to draw on. */
export function plainQuestion({ stdin, stderr, paint, redact, interrupt }: PlainParts): Question {
  return (lines, { prefill, signal }) =>
    new Promise((resolve) => {
      if (signal.aborted) return resolve(undefined)
      for (const line of lines) stderr.write(`${painted({ ...line, text: redact(line.text) }, paint)}\n`)
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
