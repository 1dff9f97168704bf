// Hooks as a person and a workspace declare them in files.
import { realpath } from 'node:fs/promises'
import { dirname, join, normalize, resolve } from 'node:path'
import { RuntimeError } from '../../state/errors.ts'
import type { Hook } from '../../state/hooks.ts'
import type { Argv, Confinement } from '../../state/sandbox.ts'
import { type Sandboxing, type SandboxingInit, sandboxing } from '../sandbox/sandbox.ts'
import { commandHook } from './command-hook.ts'
import { type HookFiles, hookFilesOf } from './content-hash.ts'
import { type HookDeclaration, readHookFile } from './hook-file.ts'
import { globalHookFile, HOOK_DIRECTORY, HOOK_FILE, trustFile } from './places.ts'
import { type Standing, type Trust, trustIn } from './trust.ts'

export interface Where {
  /** None where only the person's own are wanted. */
  readonly workspace?: string | undefined
  readonly env: NodeJS.ProcessEnv
  /** How the sandboxes of commands are found; for tests. */
  readonly find?: SandboxingInit['find']
}

/** The hooks of a workspace, with what is known of them. */
export interface ProjectHooks extends HookFiles {
  readonly workspace: string
  readonly file: string
  readonly declared: readonly HookDeclaration[]
  readonly standing: Standing | undefined
  /** Whether they run in a sandbox: who is to trust them should know. */
  readonly confinement: Confinement
}

export interface DeclaredHooks {
  readonly global: { readonly file: string; readonly declared: readonly HookDeclaration[] }
  /** None where the workspace declares nothing. */
  readonly project: ProjectHooks | undefined
  readonly trust: Trust
}

/** What is declared, without running any of it. @throws RuntimeError BAD_HOOKS */
export async function declaredHooks({ workspace, env, find }: Where): Promise<DeclaredHooks> {
  const file = globalHookFile(env)
  const trust = trustIn(trustFile(env))
  const global = { file, declared: await readHookFile(file, 'global') }
  return {
    global,
    trust,
    project: workspace === undefined ? undefined : await projectHooks(workspace, { trust, ...asFound(find) })
  }
}

async function projectHooks(
  given: string,
  { trust, ...found }: { trust: Trust } & Pick<SandboxingInit, 'find'>
): Promise<ProjectHooks | undefined> {
  const workspace = await realpath(given).catch(() => undefined)
  // Whoever works there is told that it is gone.
  if (workspace === undefined) return undefined
  const file = join(workspace, HOOK_FILE)
  const declared = await readHookFile(file, 'project')
  if (declared.length === 0) return undefined
  const content = await hookFilesOf(workspace, commandsOf(declared))
  const standing = await trust.standing({ workspace, hash: content.hash })
  return { workspace, file, declared, ...content, standing, confinement: sandboxing(found).confinement() }
}

const asFound = (find: SandboxingInit['find']) => (find ? { find } : {})

const commandsOf = (declared: readonly HookDeclaration[]) => declared.map(({ command }) => command)

/**
 * The hooks that are to run: the person's, then those of the workspace, if they are trusted as they are now.
 * @throws RuntimeError HOOKS_UNTRUSTED, BAD_HOOKS
 */
export async function loadHooks(where: Where): Promise<Hook[]> {
  const { global, project } = await declaredHooks(where)
  const own = global.declared.map((hook) => personal(hook, { file: global.file, ...where }))
  if (!project || project.standing === 'ignored') return own
  if (project.standing === undefined) throw untrusted(project.workspace)
  const readable = [join(project.workspace, HOOK_DIRECTORY)]
  const sandbox = sandboxing({ readable, ...asFound(where.find) })
  return [...own, ...project.declared.map((hook) => ofProject(hook, { project, sandbox }))]
}

/** `./` in a command of a person is beside the file that declares it; the command runs in the workspace all the same. */
function personal(
  { env = [], sandbox: mode = 'auto', hosts = [], readable = [], command, ...hook }: HookDeclaration,
  { file, find }: { file: string; find?: SandboxingInit['find'] }
): Hook {
  const directory = dirname(file)
  const words = command.map((word) => (word.startsWith('./') ? resolve(directory, word) : word))
  const sandbox = sandboxing({ mode, hosts, readable: [directory, ...readable], ...asFound(find) })
  return commandHook({ ...hook, layer: 'global', command: words as unknown as Argv, directory, passEnv: env, sandbox })
}

/**
 * Whoever can write in the workspace can change what was trusted: it is looked at again before each run. What was trusted is run by its
 * whole path, so that a thread with another workspace does not run what lies under the same name there.
 */
function ofProject(hook: HookDeclaration, { project, sandbox }: { project: ProjectHooks; sandbox: Sandboxing }): Hook {
  const { workspace, hash, declared, files } = project
  const command = hook.command.map((word) => (files.includes(normalize(word)) ? join(workspace, word) : word))
  return commandHook({
    ...hook,
    command: command as unknown as Argv,
    layer: 'project',
    directory: workspace,
    sandbox,
    async check() {
      const now = await hookFilesOf(workspace, commandsOf(declared))
      if (now.hash !== hash) throw new RuntimeError('HOOKS_UNTRUSTED', 'its files are not what was trusted any more')
    }
  })
}

function untrusted(workspace: string): RuntimeError {
  return new RuntimeError(
    'HOOKS_UNTRUSTED',
    `${workspace} has hooks that nobody has trusted as they are now: look at them with \`deputy hooks list\`, then \`deputy hooks trust\` or \`deputy hooks ignore\``
  )
}
