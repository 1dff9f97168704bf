import { z } from 'zod'
import { RuntimeError, unreachable } from '../../state/errors.ts'
import { tool } from '../tool.ts'
import { inWorkspace, workspaceOf } from '../workspace.ts'
import { asBytes, asCharacters, inBytes } from './bytes-as-characters.ts'
import { inTurnOfAll } from './in-turn.ts'
import { type FilePatch, type Hunk, patchOf } from './patch-text.ts'
import { type Patched, patched } from './patched.ts'
import { bytesOf, lookAt } from './text-file.ts'
import { type FileWrite, writeTogether } from './write-together.ts'

export const applyPatch = tool({
  name: 'apply_patch',
  description: [
    'Changes several files of the workspace at once: all of it is done, or nothing. The patch is',
    '*** Begin Patch',
    '*** Update File: path   (or *** Add File: path, its lines each after a +; or *** Delete File: path)',
    '*** Move to: path       (below an update, where the file gets another name)',
    '@@ a line before        (where to look, when the lines below stand in several places)',
    ' a line that stays',
    '-a line that goes',
    '+a line that comes',
    '*** End Patch',
    'Lines that stay or go are those of the file, exactly, with a few of them around each change.'
  ].join('\n'),
  effect: 'once',
  kinds: { patch: 'patch' },
  args: z.object({ patch: z.string().min(1) }),
  run: async ({ patch }, run) => {
    const files = await Promise.all(patchOf(patch).map((each) => placed(each, workspaceOf(run))))
    const paths = files.flatMap(({ path, to }) => (to ? [path, to] : [path]))
    const twice = paths.find((path, at) => paths.indexOf(path) !== at)
    if (twice !== undefined) throw new RuntimeError('BAD_ARGUMENTS', `the patch names ${nameOf(twice, files)} twice`)
    return inTurnOfAll(paths, async () => {
      run.signal.throwIfAborted()
      const writes: FileWrite[] = []
      for (const file of files) writes.push(...(await writesFor(file)))
      await writeTogether(writes)
      return files.map(wordsFor).join('\n')
    })
  }
})

interface Placed {
  readonly patch: FilePatch
  readonly path: string
  readonly to?: string
}

async function placed(patch: FilePatch, workspace: string): Promise<Placed> {
  const path = await inWorkspace(workspace, patch.path)
  const to = patch.kind === 'update' && patch.to !== undefined ? await inWorkspace(workspace, patch.to) : path
  return { patch, path, ...(to !== path && { to }) }
}

function nameOf(path: string, files: readonly Placed[]): string {
  return files.find((file) => file.path === path || file.to === path)!.patch.path
}

async function writesFor({ patch, path, to }: Placed): Promise<FileWrite[]> {
  switch (patch.kind) {
    case 'add':
      await mustBeFree(path, patch.path)
      return [{ kind: 'put', path, content: Buffer.from(patch.lines.map((line) => `${line}\n`).join('')) }]
    case 'delete':
      await bytesOf(path, patch.path)
      return [{ kind: 'remove', path }]
    case 'update': {
      if (to !== undefined) await mustBeFree(to, patch.to!)
      const content = await changed(path, patch)
      if (to === undefined) return [{ kind: 'put', path, content }]
      return [
        { kind: 'put', path: to, content, like: path },
        { kind: 'remove', path }
      ]
    }
    default:
      return unreachable(patch)
  }
}

async function mustBeFree(path: string, name: string): Promise<void> {
  const { kind } = await lookAt(path)
  if (kind !== 'missing') throw nothingDone(`${name} is there already`)
}

async function changed(path: string, { path: name, hunks }: Extract<FilePatch, { kind: 'update' }>): Promise<Buffer> {
  const before = asCharacters(await bytesOf(path, name))
  const result = patched(before, { hunks: hunks.map(hunkInBytes), mark: BYTE_ORDER_MARK })
  if (result.kind !== 'patched') throw nothingDone(`${name}, change ${result.hunk + 1}: ${whyNot(result)}`)
  return asBytes(result.text)
}

const BYTE_ORDER_MARK = inBytes('\ufeff')

function hunkInBytes({ behind, lines, atEnd }: Hunk): Hunk {
  return { behind: behind.map(inBytes), lines: lines.map((line) => ({ ...line, text: inBytes(line.text) })), atEnd }
}

const PLACES = 10

function whyNot(result: Exclude<Patched, { kind: 'patched' }>): string {
  switch (result.kind) {
    case 'missing': {
      const where = result.after > 0 ? ` behind line ${result.after}` : ''
      return `the lines from ${JSON.stringify(asBytes(result.line).toString())} on do not stand in it${where}; read the file and copy them exactly`
    }
    case 'ambiguous': {
      const more = result.places.length > PLACES ? ' and more' : ''
      return `its lines stand in it several times, at the lines ${result.places.slice(0, PLACES).join(', ')}${more}; give more of them, or an @@ line that is before the one place`
    }
    case 'placeless':
      return 'it only puts lines; give a line beside them that stays, or an @@ line'
    default:
      return unreachable(result)
  }
}

function nothingDone(why: string): RuntimeError {
  return new RuntimeError('TOOL_FAILED', `no file was changed. ${why}`)
}

function wordsFor({ patch }: Placed): string {
  if (patch.kind === 'add') return `added ${patch.path}`
  if (patch.kind === 'delete') return `deleted ${patch.path}`
  return patch.to === undefined ? `updated ${patch.path}` : `updated ${patch.path}, which is ${patch.to} now`
}
