// S1. A skill is a folder with a SKILL.md in it. What is wrong with one is said by name and keeps no other from being loaded.
// S2. Nothing is read that does not really lie in the folder of the skills: a link out of it is refused.
// S3. The list is sorted, and what is read at the beginning stays what a model is told: the prompt does not change on its way.
import { readdir } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { messageOf } from '../../state/errors.ts'
import { lookAt } from '../coding/text-file.ts'
import { inWorkspace } from '../workspace.ts'
import { frontMatterOf } from './front-matter.ts'

export interface Skill {
  readonly name: string
  /** What it is for, and when to use it, in one line. */
  readonly description: string
  /** The real path of its folder. */
  readonly folder: string
}

export interface SkillProblem {
  readonly path: string
  readonly reason: string
}

export interface Skills {
  /** By name. */
  readonly list: readonly Skill[]
  readonly problems: readonly SkillProblem[]
}

const MAX_BYTES = 64 * 1024
const MAX_FOLDERS = 500
const MAX_DESCRIPTION = 1024
const NAME = /^[a-z0-9][a-z0-9-]{0,63}$/

/** The skills in these folders. Of two with one name that in the earlier folder stands. */
export async function loadSkills(folders: readonly string[]): Promise<Skills> {
  const list = new Map<string, Skill>()
  const problems: SkillProblem[] = []
  for (const folder of folders)
    for await (const found of foundIn(folder)) {
      const known = 'skill' in found ? list.get(found.skill.name) : undefined
      if ('problem' in found) problems.push(found.problem)
      else if (known)
        problems.push({ path: found.path, reason: `${known.folder} has the name "${known.name}" already` })
      else list.set(found.skill.name, found.skill)
    }
  return { list: [...list.values()].sort((a, b) => (a.name < b.name ? -1 : 1)), problems }
}

type Found = { path: string; skill: Skill } | { problem: SkillProblem }

async function* foundIn(folder: string): AsyncGenerator<Found> {
  const names = await readdir(folder).catch((error: unknown) => messageOf(error))
  if (typeof names === 'string') return yield { problem: { path: folder, reason: names } }
  for (const name of names.sort().slice(0, MAX_FOLDERS)) yield* skillAt(folder, name)
  if (names.length > MAX_FOLDERS)
    yield {
      problem: { path: folder, reason: `${names.length} are in it; only the first ${MAX_FOLDERS} were looked at` }
    }
}

/** Nothing where there is no SKILL.md: other files may lie beside the skills. */
async function* skillAt(folder: string, name: string): AsyncGenerator<Found> {
  const path = join(folder, name, 'SKILL.md')
  try {
    const real = await inWorkspace(folder, path)
    const found = await lookAt(real, MAX_BYTES)
    if (found.kind === 'missing') return
    const text = found.kind === 'text' ? found.bytes.toString('utf8') : undefined
    const read = text === undefined ? { reason: wrong(found.kind) } : skillFrom(text, dirname(real))
    yield 'reason' in read ? { problem: { path, reason: read.reason } } : { path, skill: read }
  } catch (error) {
    yield { problem: { path, reason: messageOf(error) } }
  }
}

function wrong(kind: string): string {
  return kind === 'large' ? `it has more than ${MAX_BYTES} bytes` : `it is no text file: ${kind}`
}

function skillFrom(text: string, folder: string): Skill | { reason: string } {
  const head = frontMatterOf(text)
  if (!head.ok) return { reason: `line ${head.line}: ${head.reason}` }
  const { name = '', description = '' } = head.read.values
  if (!NAME.test(name)) return { reason: `its name has to be lower case letters, digits and -, and is ${shown(name)}` }
  const line = description.replace(/\s+/g, ' ').trim()
  if (line === '') return { reason: 'it has no description' }
  if (line.length > MAX_DESCRIPTION) return { reason: `its description has more than ${MAX_DESCRIPTION} characters` }
  return { name, description: line, folder }
}

function shown(name: string): string {
  return JSON.stringify(name.slice(0, 80))
}
