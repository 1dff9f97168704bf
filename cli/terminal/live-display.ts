import type { ReadStream, WriteStream } from 'node:tty'
import type { Clock } from '../../state/context.ts'
import type { Display } from '../driving/display.ts'
import type { Question } from '../driving/person.ts'
import { type Redact, redacted } from '../secrets.ts'
import { liveFrame } from '../view/live-frame.ts'
import type { Paint } from '../view/paint.ts'
import { type Frame, leave, repaint } from '../view/repaint.ts'
import type { Toned } from '../view/toned.ts'
import { type Tree, treeAfter, treeWithout } from '../view/tree.ts'
import { drained } from './drained.ts'
import { type Keyboard, keyboard } from './keyboard.ts'

export interface LiveDisplay extends Display {
  readonly question: Question
}

interface LiveParts {
  readonly stdout: WriteStream
  /** Undefined where nobody can type. */
  readonly stdin: ReadStream | undefined
  readonly clock: Clock
  readonly paint: Paint
  readonly redact: Redact
  /** How the tree stood before. */
  readonly tree: Tree
  interrupt(): void
}

/** Time goes on also where nothing happens. */
const REDRAW_MS = 100

interface Asking {
  readonly lines: readonly Toned[]
  /** What is typed from now on is for this question. */
  listening: boolean
  answer(typed: string | undefined): void
}

/** The tree at the bottom of a terminal, redrawn in place until `end`; questions stand below it. */
export function liveDisplay({ stdout, stdin, clock, paint, redact, tree: before, interrupt }: LiveParts): LiveDisplay {
  let tree = before
  let asking: Asking | undefined
  let shown: { frame: Frame; bytes: string } | undefined
  let over = false
  let mayType = stdin !== undefined
  const showCursor = () => void stdout.write(leave(shown?.frame))
  const keys: Keyboard | undefined = stdin && keyboard(stdin, { changed: draw, line, end: noMoreKeys, interrupt })
  const timer = setInterval(draw, REDRAW_MS)
  stdout.on('resize', draw)
  process.once('exit', showCursor)

  function draw(): void {
    if (over) return
    const columns = stdout.columns || 80
    const rows = stdout.rows || 24
    const input = asking?.listening && keys ? { typed: keys.typed, caret: keys.caret } : undefined
    const panel = asking && { lines: asking.lines, input }
    const frame = liveFrame({ tree, panel }, { now: clock.now(), width: columns - 1, height: rows - 1, paint })
    const bytes = `${columns} ${frame.cursor?.column} ${frame.lines.join('\n')}`
    if (bytes === shown?.bytes) return
    stdout.write(repaint(shown?.frame, { frame, width: columns }))
    shown = { frame, bytes }
  }

  function answered(typed: string | undefined): void {
    const { answer } = asking ?? {}
    asking = undefined
    answer?.(typed)
    draw()
  }

  function line(typed: string): void {
    if (asking?.listening) answered(typed)
  }

  function noMoreKeys(): void {
    mayType = false
    answered(undefined)
  }

  /** What was typed before the question was there is not its answer, nor what the terminal held back until then. */
  const question: Question = (lines, { prefill, signal }) =>
    new Promise((resolve) => {
      if (signal.aborted || !mayType) return resolve(undefined)
      const stop = () => answered(undefined)
      signal.addEventListener('abort', stop, { once: true })
      const mine: Asking = {
        lines: lines.map(({ text, tone }) => ({ text: redact(text), tone })),
        listening: false,
        answer(typed) {
          signal.removeEventListener('abort', stop)
          resolve(typed)
        }
      }
      asking = mine
      draw()
      void drained().then(() => listen(mine, prefill))
    })

  function listen(question: Asking, prefill: string | undefined): void {
    if (asking !== question) return
    keys?.fresh(prefill)
    question.listening = true
    draw()
  }

  return {
    question,
    take(event) {
      tree = treeAfter(tree, redacted(event, redact))
    },
    decided(ask) {
      tree = treeWithout(tree, ask)
    },
    end() {
      if (over) return
      asking = undefined
      draw()
      over = true
      clearInterval(timer)
      stdout.off('resize', draw)
      process.off('exit', showCursor)
      keys?.close()
      showCursor()
    }
  }
}
