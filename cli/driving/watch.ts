import type { AgentRuntime, Turn } from '../../runtime/agent-runtime.ts'
import { EXIT, exitCodeOf } from '../exit-codes.ts'
import type { Output } from '../output.ts'
import { failureText } from '../refusal.ts'
import type { Surroundings } from '../surroundings.ts'
import { interruption } from '../terminal/interruption.ts'
import { type CommandText, resultLines } from '../view/result-lines.ts'
import { painted } from '../view/toned.ts'
import { NO_TREE, type Tree } from '../view/tree.ts'
import { drivenOn } from './drive-on.ts'
import { stage } from './stage.ts'

interface Watching {
  readonly runtime: AgentRuntime
  readonly surroundings: Surroundings
  readonly output: Output
  readonly options: { json?: boolean; yes?: boolean }
  /** How the tree stood before; an empty one for a new task. */
  readonly tree?: Tree
  /** The commands that go on from here. */
  readonly command: CommandText
}

/** Begins a turn, shows it until it rests, and says how it ended. Gives the exit code. */
export async function watched(begin: () => Promise<Turn>, watching: Watching): Promise<number> {
  const { runtime, surroundings, output, options, tree = NO_TREE, command } = watching
  const interrupted = interruption()
  try {
    const turn = await begin()
    const { trigger: interrupt } = interrupted
    const { display, decide } = stage({ surroundings, output, options, tree, lessonOf: runtime.lesson, interrupt })
    const driving = { runtime, display, decide, signal: interrupted.signal }
    const result = await drivenOn(turn, driving).finally(display.end)
    if (options.json) output.json({ type: 'result', ...result })
    else for (const line of resultLines(result, command)) output.line(painted(line, output.paint))
    const { outcome } = result
    if (outcome.status === 'failed')
      output.aside(options.json ? JSON.stringify({ error: outcome.error }) : failureText(outcome.error))
    if (!interrupted.signal.aborted || outcome.status !== 'asking') return exitCodeOf(result)
    if (!options.json) output.line(`interrupted; go on with: ${command('resume', turn.threadId)}`)
    return EXIT.interrupted.code
  } finally {
    interrupted.end()
  }
}
