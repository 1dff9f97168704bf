import { resolve } from 'node:path'
import { Command } from 'commander'
import { registry } from '../../runtime/registry.ts'
import { RuntimeError } from '../../state/errors.ts'
import type { Explanation } from '../../state/explanation.ts'
import { editedArgs } from '../driving/reply.ts'
import { EXIT } from '../exit-codes.ts'
import { type AgentChoice, chosenAgent } from '../finding/agent.ts'
import { outputOf } from '../output.ts'
import { refuse } from '../refusal.ts'
import type { Surroundings } from '../surroundings.ts'
import { explanationLines } from '../view/explanation-lines.ts'
import type { Setting } from './at-store.ts'
import { type PolicyOptions, withAgentChoice, withPolicy } from './options.ts'
import { policyAt } from './policy-at.ts'

interface ExplainOptions extends AgentChoice, PolicyOptions {
  readonly workspace?: string
  readonly untrusted?: boolean
  readonly json?: boolean
}

interface Given {
  readonly tool: string
  readonly args: string
}

export function explainCommand(setting: Setting): Command {
  return withPolicy(withAgentChoice(new Command('explain')))
    .description('say what would be done with a call, which rule decides, and why; nothing is run')
    .argument('<tool>', 'the name of a tool')
    .argument(
      '[args]',
      'its arguments in JSON, or as text the one that says what it does: a command, a path, a URL',
      '{}'
    )
    .option('--workspace <dir>', 'where the tools work; here by default')
    .option('--untrusted', 'as it would be after the agent has read what a stranger wrote')
    .option('--json', 'answer in JSON')
    .addHelpText('after', '\n--agent takes the path of an agent in its tree, as team/coder.\n')
    .action(async (tool: string, args: string, options: ExplainOptions) => {
      const { surroundings } = setting
      try {
        setting.exit(await explain({ tool, args }, { options, surroundings }))
      } catch (error) {
        setting.exit(refuse(error, { surroundings, json: options.json ?? false }))
      }
    })
}

/** Exits as a run would go on: done, denied, or asking. */
async function explain(
  { tool, args }: Given,
  { options, surroundings }: { options: ExplainOptions; surroundings: Surroundings }
): Promise<number> {
  const { cwd, env } = surroundings
  const [root, ...below] = options.agent?.split('/') ?? []
  const chosen = await chosenAgent({ ...options, ...(root !== undefined && { agent: root }) }, { cwd, env })
  const path = [chosen.charter.name, ...below].join('/')
  const workspace = resolve(cwd, options.workspace ?? '.')
  const policy = await policyAt(workspace, { options, surroundings })
  const agents = registry([chosen], { policy })
  const read = options.untrusted ? { untrusted: 'a stranger' } : {}
  const authority = { ...agents.authorityOf({ path, workspace }, null), grants: [], ...read }
  const explanation = agents.at(path).explain({ name: tool, args: argsOf(args) }, authority)
  const output = outputOf(surroundings, { store: '' })
  if (options.json) output.json({ path, tool, ...explanation })
  else for (const line of explanationLines(explanation, output.paint)) output.line(line)
  return exitCodeOf(explanation)
}

function argsOf(text: string): Record<string, unknown> | string {
  if (!text.trimStart().startsWith('{')) return text
  const edited = editedArgs(text)
  if ('problem' in edited) throw new RuntimeError('BAD_ARGUMENTS', edited.problem)
  return edited.args
}

function exitCodeOf({ judgement: { kind } }: Explanation): number {
  if (kind === 'ask') return EXIT.asking.code
  if (kind === 'deny') return EXIT.failed.code
  return kind === 'invalid' ? EXIT.badInput.code : EXIT.completed.code
}
