import { z } from 'zod'
import { RuntimeError } from '../../state/errors.ts'
import { tool } from '../tool.ts'
import { inWorkspace, workspaceOf } from '../workspace.ts'
import { atomicWrite } from './atomic-write.ts'
import { asBytes, asCharacters, inBytes } from './bytes-as-characters.ts'
import { whyUnchanged } from './edit.ts'
import { inTurn } from './in-turn.ts'
import { replaced } from './replaced.ts'
import { bytesOf } from './text-file.ts'

const Edit = z.object({
  old: z.string().min(1).describe('the text as it stands in the file, or as the edits before this one leave it'),
  new: z.string().describe('the text in its place'),
  all: z.boolean().default(false).describe('replace every place')
})

export const multiEdit = tool({
  name: 'multi_edit',
  description:
    'Makes several replacements in one file of the workspace, one after the other, as `edit` would. All of them are made, or ' +
    'none.',
  effect: 'once',
  kinds: { path: 'path' },
  args: z.object({
    path: z.string().min(1).describe('relative to the workspace, or absolute inside of it'),
    edits: z.array(Edit).min(1).max(100)
  }),
  run: async ({ path, edits }, run) => {
    const target = await inWorkspace(workspaceOf(run), path)
    return inTurn(target, async () => {
      run.signal.throwIfAborted()
      const before = asCharacters(await bytesOf(target, path))
      const after = edits.reduce(
        (text, edit, nth) => edited(text, { edit, where: placeName(nth, edits, path) }),
        before
      )
      if (after === before) return `${path} has the new text there already; nothing changed`
      await atomicWrite(target, asBytes(after))
      return `edited ${path} (${edits.length} ${edits.length === 1 ? 'edit' : 'edits'})`
    })
  }
})

function placeName(nth: number, edits: readonly unknown[], path: string): string {
  return `${path} is unchanged: edit ${nth + 1} of ${edits.length}`
}

function edited(text: string, { edit, where }: { edit: z.infer<typeof Edit>; where: string }): string {
  if (edit.old === edit.new) throw new RuntimeError('BAD_ARGUMENTS', `${where}: \`old\` and \`new\` are the same`)
  const result = replaced(text, { old: inBytes(edit.old), new: inBytes(edit.new), all: edit.all })
  if (result.kind === 'replaced') return result.text
  if (result.kind === 'done') return text
  throw new RuntimeError('TOOL_FAILED', `${where}: ${whyUnchanged(result)}`)
}
