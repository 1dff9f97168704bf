// Ways of working, as remits. A profile is the weakest layer of a policy: whatever else is configured goes before it.
import { RuntimeError } from './errors.ts'
import { allow, allowInSandbox, ask, deny, type Remit, type Rule } from './remit.ts'

export const PROFILES = ['plan', 'ask', 'edits', 'trusted', 'all-in-sandbox'] as const
export type Profile = (typeof PROFILES)[number]

const READING = ['read', 'list', 'glob', 'search', 'read_output', 'recall', 'skill', 'todo', 'ask_parent'].map((tool) =>
  allow(tool)
)
const DELEGATING = ['delegate', 'task'].map((tool) => allow(tool))
const EDITING = ['edit', 'multi_edit', 'write'].map((tool) => allow(tool))

/** What leads out of the machine or the account, or cannot be undone. */
const GRAVE = [
  'sudo *',
  'doas *',
  'su *',
  'ssh *',
  'git push *',
  'npm publish *',
  'rm -rf *',
  'dd *',
  'mkfs* *',
  'shutdown *',
  'reboot *'
]

const because = (reason: string, rules: readonly Rule[]): Rule[] => rules.map((rule) => ({ ...rule, reason }))

const REMITS: Readonly<Record<Profile, Remit>> = {
  plan: [...READING, ...DELEGATING, ...because('this is plan mode: look, and change nothing', [deny('*')])],
  ask: [...READING, ...DELEGATING, ask('*')],
  edits: [...READING, ...DELEGATING, ...EDITING, ask('*')],
  trusted: [...GRAVE.map((command) => ask('shell', { command })), allow('*')],
  'all-in-sandbox': [...READING, ...DELEGATING, ...EDITING, allowInSandbox('*'), ask('*')]
}

/**
 * What a profile allows: `plan` reading; `ask` reading, the rest asks; `edits` changes of files too; `trusted` all but what is
 * grave or cannot be read; `all-in-sandbox` changes of files, and whatever
 * runs in a sandbox.
 */
export function profileRemit(profile: Profile): Remit {
  return REMITS[profile]
}

/** @throws RuntimeError BAD_ARGUMENTS */
export function profileNamed(name: string): Profile {
  const found = PROFILES.find((profile) => profile === name)
  if (found) return found
  throw new RuntimeError('BAD_ARGUMENTS', `there is no profile "${name}"; there are ${PROFILES.join(', ')}`)
}
