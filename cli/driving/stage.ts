// What a run is shown on, and who decides there, by what the process is connected to.
import type { Output } from '../output.ts'
import type { Surroundings } from '../surroundings.ts'
import { liveDisplay } from '../terminal/live-display.ts'
import { plainQuestion } from '../terminal/plain-question.ts'
import { paintFor } from '../view/paint.ts'
import type { Tree } from '../view/tree.ts'
import { type Decide, YES_RULE, yes } from './decide.ts'
import type { Display } from './display.ts'
import { jsonDisplay } from './json-display.ts'
import { lineDisplay } from './line-display.ts'
import { type LessonOf, person } from './person.ts'

export interface Stage {
  readonly display: Display
  readonly decide: Decide | undefined
}

interface StageParts {
  readonly surroundings: Surroundings
  readonly output: Output
  readonly options: { json?: boolean; yes?: boolean }
  readonly tree: Tree
  readonly lessonOf: LessonOf
  interrupt(): void
}

export function stage(parts: StageParts): Stage {
  const { options, output } = parts
  if (options.yes) options.json ? output.aside(YES_RULE) : output.line(YES_RULE)
  const { display, decide } = stageFor(parts)
  return { display, decide: options.yes ? yes : decide }
}

function stageFor({ surroundings, output, options, tree, lessonOf, interrupt }: StageParts): Stage {
  const { stdin, stdout, stderr, env, clock } = surroundings
  const { paint, redact } = output
  if (stdout.isTTY && !options.json && env.TERM !== 'dumb') {
    const keys = stdin.isTTY ? stdin : undefined
    const display = liveDisplay({ stdout, stdin: keys, clock, paint, redact, tree, interrupt })
    return { display, decide: keys && person(display.question, lessonOf) }
  }
  const display = options.json ? jsonDisplay(output) : lineDisplay(output)
  if (!stdin.isTTY || !stderr.isTTY) return { display, decide: undefined }
  const question = plainQuestion({ stdin, stderr, paint: paintFor(stderr), redact, interrupt })
  return { display, decide: person(question, lessonOf) }
}
