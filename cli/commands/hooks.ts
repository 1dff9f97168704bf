import { resolve } from 'node:path'
import { Command } from 'commander'
import { RuntimeError } from '../../state/errors.ts'
import { EXIT } from '../exit-codes.ts'
import { outputOf } from '../output.ts'
import { refuse } from '../refusal.ts'
import { hookLines } from '../view/hook-lines.ts'
import type { Setting } from './at-store.ts'

interface HooksOptions {
  readonly workspace?: string
  readonly json?: boolean
}

type Said = 'trusted' | 'ignored'

export function hooksCommand(setting: Setting): Command {
  return new Command('hooks')
    .description(
      'commands that are heard at fixed points of every run: your own, and those of a workspace once you trust them'
    )
    .addCommand(command('list', setting).description('show what is declared, and which files are trusted with it'))
    .addCommand(command('trust', setting, 'trusted').description('let the hooks of a workspace run, as they are now'))
    .addCommand(
      command('ignore', setting, 'ignored').description('go on without the hooks of a workspace, as they are now')
    )
}

function command(name: string, { surroundings, exit }: Setting, as?: Said): Command {
  return new Command(name)
    .option('--workspace <dir>', 'whose hooks; those of this directory by default')
    .option('--json', 'answer in JSON')
    .action(async (options: HooksOptions) => {
      try {
        exit(await hooks(options, { surroundings, as }))
      } catch (error) {
        exit(refuse(error, { surroundings, json: options.json ?? false }))
      }
    })
}

async function hooks(
  options: HooksOptions,
  { surroundings, as }: Pick<Setting, 'surroundings'> & { as: Said | undefined }
): Promise<number> {
  const { declaredHooks } = await import('../../prebuilt/hooks.ts')
  const { cwd, env } = surroundings
  const workspace = resolve(cwd, options.workspace ?? '.')
  const found = await declaredHooks({ workspace, env })
  const { global, project, trust } = found
  if (as && !project) throw new RuntimeError('BAD_ARGUMENTS', `${workspace} declares no hooks`)
  if (as && project) await trust.set({ workspace: project.workspace, hash: project.hash, as })
  const shown = { global, ...(project && { project: { ...project, ...(as && { standing: as }) } }) }
  const output = outputOf(surroundings, { store: '' })
  if (options.json) output.json(shown)
  else for (const line of hookLines(shown)) output.line(line)
  return EXIT.completed.code
}
