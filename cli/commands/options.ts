import { type Command, Option } from 'commander'
import { DEFAULT_STORE } from '../../checkpointers/open.ts'
import type { AgentChoice } from '../finding/agent.ts'
import { shellWord } from '../shell-word.ts'
import type { CommandText } from '../view/result-lines.ts'

export interface StoreOptions {
  readonly store: string
  readonly principal?: string
  readonly json?: boolean
}

/** What the person says in advance of what agents may do. */
export interface PolicyOptions {
  readonly profile?: string
  readonly rule?: readonly string[]
}

export type AgentOptions = StoreOptions & AgentChoice & PolicyOptions

export type DrivingOptions = AgentOptions & { readonly yes?: boolean }

export function withStore(command: Command, defaults: { store: string }): Command {
  return withWholeStore(command, defaults).option(
    '--principal <name>',
    'for whom: only the trees of this principal are there; DEPUTY_PRINCIPAL by default'
  )
}

/** For what is done to a store whoever its trees belong to. */
export function withWholeStore(command: Command, { store }: { store: string }): Command {
  return command
    .addOption(
      new Option('--store <url>', 'sqlite:PATH or postgres://…').default(store, `DEPUTY_STORE, else ${DEFAULT_STORE}`)
    )
    .option('--json', 'answer in JSON')
}

export function withAgents(command: Command, defaults: { store: string }): Command {
  return withPolicy(withAgentChoice(withStore(command, defaults)), { isKept: true })
}

/** For what is judged; `isKept` where it is a tree whose later commands have it too. */
export function withPolicy(command: Command, { isKept = false } = {}): Command {
  const [kept, ofNew] = isKept ? [', kept with the tree', 'of a new one '] : ['', '']
  return command
    .option('--profile <name>', `plan, ask, edits, trusted or all-in-sandbox${kept}; ${ofNew}DEPUTY_PROFILE by default`)
    .option('--rule <rule>', `as in a policy file${kept}; may be repeated`, (rule: string, given: string[] = []) => [
      ...given,
      rule
    ])
}

export function withAgentChoice(command: Command): Command {
  return command
    .option('--agent <name>', 'a prebuilt agent (team, agent), or one of --agents')
    .option('--agents <file>', 'a module that exports agents; .ts where the process runs under tsx')
    .addOption(
      new Option('--model <provider:model>', 'of a prebuilt agent; DEPUTY_MODEL by default').conflicts('agents')
    )
    .addOption(
      new Option(
        '--mcp',
        'a prebuilt agent has the tools of the MCP servers in .deputy/mcp.json, or where DEPUTY_MCP says'
      ).conflicts('agents')
    )
}

export function withDriving(command: Command, defaults: { store: string }): Command {
  return withAgents(command, defaults).option('--yes', 'approve every ask once, but none for more budget')
}

/** Commands that go on from this one have its flags, save those that the environment gives anyway, and what the tree keeps. */
export function commandText(
  { store, principal, agents, model, mcp }: AgentOptions,
  { usual }: { usual: string }
): CommandText {
  const given = { store: store === usual ? undefined : store, principal, agents, model }
  const flags = [
    ...Object.entries(given).flatMap(([name, value]) => (value === undefined ? [] : [`--${name}`, value])),
    ...(mcp ? ['--mcp'] : [])
  ]
  return (...words) => ['deputy', ...words, ...flags].map(shellWord).join(' ')
}
