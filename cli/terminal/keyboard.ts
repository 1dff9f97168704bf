import { createInterface } from 'node:readline'
import { Writable } from 'node:stream'
import type { ReadStream } from 'node:tty'

/** What is typed, without the terminal showing it: whoever draws the screen does. */
export interface Keyboard {
  readonly typed: string
  readonly caret: number
  /** Begins a new line, with this in it. */
  fresh(text?: string): void
  close(): void
}

export interface KeyboardListener {
  changed(): void
  line(text: string): void
  /** Ctrl-D on an empty line. */
  end(): void
  /** Ctrl-C: a terminal that shows nothing sends no signal either. */
  interrupt(): void
}

export function keyboard(stdin: ReadStream, listener: KeyboardListener): Keyboard {
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() })
  const editor = createInterface({ input: stdin, output: nowhere, terminal: true, historySize: 0 })
  let closed = false
  // The editor has understood the key by then.
  const changed = () => setImmediate(() => void (closed || listener.changed()))
  stdin.on('keypress', changed)
  editor.on('line', listener.line)
  editor.on('SIGINT', listener.interrupt)
  // Stopping in the background would leave the terminal as it is now.
  editor.on('SIGTSTP', () => {})
  editor.on('close', () => void (closed || listener.end()))

  return {
    get typed() {
      return editor.line
    },
    get caret() {
      return editor.cursor
    },
    fresh(text = '') {
      if (closed) return
      editor.write(null, { ctrl: true, name: 'e' })
      editor.write(null, { ctrl: true, name: 'u' })
      if (text) editor.write(text)
    },
    close() {
      closed = true
      stdin.off('keypress', changed)
      editor.close()
    }
  }
}
