// L1. A tool that is put on hides one of the same name below it; taken away, it uncovers that one again, in whatever order
//     layers come and go. Whoever puts tools on can take away only their own.
// L2. What stands is a list of its own for every change: who was given one keeps it as it was.
import { RuntimeError } from '../state/errors.ts'
import { DELEGATE } from './delegate.ts'
import { readOutput } from './read-output.ts'
import { TASK } from './task.ts'
import type { Tool } from './tool.ts'

/** Tools that come and go while agents work with them: those of servers that are reloaded, of plugins. */
export interface ToolLayers {
  /**
   * Puts tools on top; gives what takes them away again. A remit names tools by their names: who may put one on says what the
   * name of another means.
   * @throws RuntimeError BAD_ARGUMENTS for a name that is kept, one that comes twice, and fields of state in `writes`
   */
  add(tools: readonly Tool[]): () => void
  /** One tool for each name: the same list until something changes. */
  readonly standing: readonly Tool[]
}

export function toolLayers(base: readonly Tool[] = []): ToolLayers {
  const layers = new Set<readonly Tool[]>([checked(base)])
  let standing: readonly Tool[] | undefined
  return {
    add(tools) {
      const writer = tools.find(({ writes }) => writes.length > 0)
      if (writer)
        throw new RuntimeError(
          'BAD_ARGUMENTS',
          `"${writer.name}" writes state: such tools are there from the beginning`
        )
      const layer = [...checked(tools)]
      layers.add(layer)
      standing = undefined
      return () => {
        if (layers.delete(layer)) standing = undefined
      }
    },
    get standing() {
      standing ??= [...new Map([...layers].flat().map((tool) => [tool.name, tool])).values()]
      return standing
    }
  }
}

export function isLayers(tools: readonly Tool[] | ToolLayers): tools is ToolLayers {
  return 'standing' in tools
}

/** Names that mean something by themselves; whoever took one would be taken for that. */
const KEPT: ReadonlySet<string> = new Set([DELEGATE, TASK, readOutput.name])

function checked(tools: readonly Tool[]): readonly Tool[] {
  const names = new Set<string>()
  for (const { name } of tools) {
    if (KEPT.has(name)) throw new RuntimeError('BAD_ARGUMENTS', `the name "${name}" is kept`)
    if (names.has(name)) throw new RuntimeError('BAD_ARGUMENTS', `two tools have the name "${name}"`)
    names.add(name)
  }
  return tools
}
