import { z } from 'zod'
import { RuntimeError } from '../../state/errors.ts'
import { tool } from '../tool.ts'
import { inWorkspace, workspaceOf } from '../workspace.ts'
import { atomicWrite } from './atomic-write.ts'
import { asBytes, asCharacters, inBytes } from './bytes-as-characters.ts'
import { inTurn } from './in-turn.ts'
import { type Replacement, replaced } from './replaced.ts'
import { bytesOf } from './text-file.ts'

export const edit = tool({
  name: 'edit',
  description:
    'Replaces text in a file of the workspace. `old` has to be in the file exactly once, or `all` is true; give enough of the ' +
    'lines around it. Otherwise nothing is changed.',
  effect: 'idempotent',
  kinds: { path: 'path' },
  args: z.object({
    path: z.string().min(1).describe('relative to the workspace, or absolute inside of it'),
    old: z.string().min(1).describe('the text as it stands in the file, with its indentation, without line numbers'),
    new: z.string().describe('the text in its place'),
    all: z.boolean().default(false).describe('replace every place')
  }),
  run: async ({ path, old, new: text, all }, run) => {
    if (old === text) throw new RuntimeError('BAD_ARGUMENTS', '`old` and `new` are the same')
    const target = await inWorkspace(workspaceOf(run), path)
    return inTurn(target, async () => {
      run.signal.throwIfAborted()
      const bytes = await bytesOf(target, path)
      const result = replaced(asCharacters(bytes), { old: inBytes(old), new: inBytes(text), all })
      if (result.kind !== 'replaced') return unchanged(result, path)
      await atomicWrite(target, asBytes(result.text))
      return `edited ${path} (${result.places} ${result.places === 1 ? 'place' : 'places'})`
    })
  }
})

function unchanged(result: Exclude<Replacement, { kind: 'replaced' }>, path: string): string {
  if (result.kind === 'done') return `${path} has the new text there already; nothing changed`
  throw new RuntimeError('TOOL_FAILED', `${path} is unchanged: ${whyUnchanged(result)}`)
}

/** What keeps a replacement from being made. */
export function whyUnchanged(result: Extract<Replacement, { kind: 'missing' | 'ambiguous' }>): string {
  if (result.kind === 'ambiguous')
    return `\`old\` is in it ${result.places} times; give more of the text around the one place, or set \`all\``
  if (result.hasNew) return '`old` is not in it, and `new` is: the edit may have been made before'
  return '`old` is not in it; read the file and copy the text exactly, with its indentation'
}
