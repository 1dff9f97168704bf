import { z } from 'zod'
import { RuntimeError } from '../../state/errors.ts'
import { bytesOf } from '../coding/text-file.ts'
import { walk } from '../coding/walk.ts'
import { nearest } from '../nearest.ts'
import { type Tool, tool } from '../tool.ts'
import { inWorkspace } from '../workspace.ts'
import { frontMatterOf } from './front-matter.ts'
import type { Skill, Skills } from './load.ts'

const MAX_FILES = 100

/** Tells of skills step by step: their names in the prompt, how one goes when it is asked for, and then file by file. */
export function skillTool({ list }: Pick<Skills, 'list'>): Tool {
  const byName = new Map(list.map((skill) => [skill.name, skill]))
  return tool({
    name: 'skill',
    description: [
      'Gives the instructions of a skill: how a kind of work is done here. Read them before you do such work. With `file` it reads',
      'another file of the skill, as its instructions name it.',
      'Skills:',
      ...(list.length > 0 ? list.map(({ name, description }) => `- ${name}: ${description}`) : ['(none)'])
    ].join('\n'),
    effect: 'read',
    dedupes: true,
    args: z.object({ name: z.string().min(1), file: z.string().min(1).optional().describe('relative to the skill') }),
    async run({ name, file }, { signal }) {
      const skill = byName.get(name)
      if (!skill) throw new RuntimeError('BAD_ARGUMENTS', unknownSkill(name, [...byName.keys()]))
      if (file !== undefined) return textOf(skill, file)
      const text = await textOf(skill, 'SKILL.md')
      const head = frontMatterOf(text)
      const others = await filesOf(skill, signal)
      const list = others.length > 0 ? `\n\n[files of this skill: ${others.join(', ')}]` : ''
      return `${head.ok ? head.read.body : text}${list}`
    }
  })
}

function unknownSkill(name: string, known: readonly string[]): string {
  if (known.length === 0) return `there is no skill "${name}"; there are none`
  return `there is no skill "${name}"; the nearest: ${nearest(name, known).join(', ')}`
}

async function textOf({ folder }: Skill, file: string): Promise<string> {
  return new TextDecoder().decode(await bytesOf(await inWorkspace(folder, file), file))
}

async function filesOf({ folder }: Skill, signal: AbortSignal): Promise<string[]> {
  const files: string[] = []
  for await (const { path, kind } of walk(folder, { signal, depth: 4 })) {
    if (kind !== 'file' || path === 'SKILL.md') continue
    if (files.length === MAX_FILES) return [...files, 'and more']
    files.push(path)
  }
  return files
}
