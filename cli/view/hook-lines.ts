import type { DeclaredHooks, HookDeclaration, ProjectHooks } from '../../prebuilt/hooks.ts'
import { shellWord } from '../shell-word.ts'
import { oneLine } from './printable.ts'

export interface ShownHooks {
  readonly global: DeclaredHooks['global']
  readonly project?: ProjectHooks
}

const STANDING = {
  trusted: 'trusted as they are now',
  ignored: 'ignored as they are now',
  none: 'nobody has trusted them as they are now: nothing runs here before `deputy hooks trust` or `deputy hooks ignore`'
} as const

/** The hooks of a person and of a workspace, for whoever is to trust them. */
export function hookLines({ global, project }: ShownHooks): string[] {
  const own = global.declared.length > 0 ? [`${oneLine(global.file)}, yours:`, ...global.declared.map(hookLine)] : []
  const lines = project ? [...own, ...projectLines(project)] : own
  return lines.length > 0 ? lines : ['no hooks are declared here']
}

function projectLines({ file, declared, files, standing, confinement }: ProjectHooks): string[] {
  return [
    `${oneLine(file)}, ${STANDING[standing ?? 'none']}:`,
    ...declared.map(hookLine),
    `  with ${files.map(oneLine).join(', ')}`,
    ...(confinement.sandboxed ? [] : [`  without a sandbox, as whoever runs deputy: ${oneLine(confinement.reason)}`])
  ]
}

function hookLine({ name, on, tool, command }: HookDeclaration): string {
  const words = oneLine(command.map(shellWord).join(' '))
  return `  ${name}  ${on}${tool === undefined ? '' : ` of ${oneLine(tool)}`}  ${words}`
}
