// L1. The person's own file, the project's, the profile and the rules of one command become one policy, or none of them does.
// L2. A project's file comes with the workspace, and who wrote that is not known: its asks and denials count, what it allows
//     does not, unless the person's own file trusts the directory.
// L3. What holds even after a stranger's text was read is for the person to say, who answers for it: never for a project.
// L4. What says what agents may do is changed by them only when somebody says yes.
import { lstat, readFile, realpath } from 'node:fs/promises'
import { homedir } from 'node:os'
import { isAbsolute, join, sep } from 'node:path'
import { messageOf, RuntimeError } from '../state/errors.ts'
import type { Policy } from '../state/policy.ts'
import { type Profile, profileRemit } from '../state/profiles.ts'
import { ask, type Rule } from '../state/remit.ts'
import { type PolicyText, parsedPolicy, parsedRule } from '../tools/policies/grammar.ts'

export { PROFILES, type Profile } from '../state/profiles.ts'

export interface PolicySources {
  /** Absolute; none where the agents work in no directory. */
  readonly workspace?: string | undefined
  readonly profile?: Profile | undefined
  /** Rules for this one time, as a file has them. */
  readonly rules?: readonly string[] | undefined
  readonly env?: NodeJS.ProcessEnv
}

/**
 * What a person says in advance: `$XDG_CONFIG_HOME/deputy/policy` (or `~/.config/deputy/policy`), `.deputy/policy` in the
 * workspace, a profile, rules for this one time.
 * @throws RuntimeError BAD_POLICY with file and line
 */
export async function policyFrom({
  workspace,
  profile,
  rules = [],
  env = process.env
}: PolicySources): Promise<Policy> {
  const directory = join(configHome(env), 'deputy')
  const own = await policyIn(join(directory, 'policy'))
  const project = workspace === undefined ? NOTHING : await projectPolicy(workspace, own.trusted)
  return [
    { name: 'default', remit: profile === undefined ? [] : profileRemit(profile) },
    { name: 'global', remit: own.remit },
    { name: 'project', remit: [...guards(directory), ...project.remit] },
    { name: 'session', remit: rules.map((rule) => parsedRule(rule, '--rule')) }
  ]
}

const NOTHING: PolicyText = { remit: [], trusted: [] }

/** A relative XDG_CONFIG_HOME is none, as its specification says. */
function configHome({ XDG_CONFIG_HOME: given = '' }: NodeJS.ProcessEnv): string {
  return isAbsolute(given) ? given : join(homedir(), '.config')
}

function guards(directory: string): Rule[] {
  return ['.deputy/**', join(directory, '**')]
    .flatMap((path) => ['write', 'edit'].map((tool) => ask(tool, { path: { path } })))
    .map((rule) => ({ ...rule, reason: 'it would change what agents may do' }))
}

async function projectPolicy(workspace: string, trusted: readonly string[]): Promise<PolicyText> {
  const file = join(workspace, '.deputy', 'policy')
  const { remit, trusted: claimed } = await policyIn(file)
  if (claimed.length > 0)
    throw new RuntimeError('BAD_POLICY', `${file}: trust is for the person's own file; a project cannot trust itself`)
  const bold = remit.find(({ evenUntrusted }) => evenUntrusted)
  if (bold)
    throw new RuntimeError(
      'BAD_POLICY',
      `${file}:${bold.at?.line}: even untrusted is for the person's own file; a project cannot say it`
    )
  if (await isTrusted(workspace, trusted)) return { remit, trusted: [] }
  return { remit: remit.filter(({ verdict }) => verdict !== 'allow'), trusted: [] }
}

/** A directory is trusted with all below it. */
async function isTrusted(workspace: string, trusted: readonly string[]): Promise<boolean> {
  const real = await realpath(workspace).catch(() => workspace)
  for (const each of trusted) {
    const directory = await realpath(each.replace(/^~(?=\/)/, homedir())).catch(() => undefined)
    if (directory !== undefined && (real === directory || real.startsWith(directory + sep))) return true
  }
  return false
}

const MAX_BYTES = 1024 * 1024

/** A file that is not there says nothing; one that cannot be read says that something is wrong. */
async function policyIn(file: string): Promise<PolicyText> {
  const bytes = await readFile(file).catch(async (error: unknown) => {
    if (isMissing(error) && !(await lstat(file).catch(() => undefined))) return undefined
    throw new RuntimeError('BAD_POLICY', `${file} cannot be read: ${messageOf(error)}`, { cause: error })
  })
  if (bytes === undefined) return NOTHING
  if (bytes.length > MAX_BYTES) throw new RuntimeError('BAD_POLICY', `${file} has more than ${MAX_BYTES} bytes`)
  return parsedPolicy(textOf(bytes, file), file)
}

function textOf(bytes: Buffer, file: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch (cause) {
    throw new RuntimeError('BAD_POLICY', `${file} is not in UTF-8`, { cause })
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR')
}
