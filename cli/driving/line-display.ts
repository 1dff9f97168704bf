import type { Output } from '../output.ts'
import { decisionWords, eventLine } from '../view/event-line.ts'
import type { Display } from './display.ts'

/** A line for whatever is worth one. */
export function lineDisplay(output: Output): Display {
  return {
    take(event) {
      const line = eventLine(event)
      if (line !== undefined) output.line(line)
    },
    decided: ({ path, id }, decision) => output.line(`${path}: ${id} ${decisionWords(decision)}`),
    end() {}
  }
}
