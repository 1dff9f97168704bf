import type { AgentRuntime, SaidOfTree } from '../../runtime/agent-runtime.ts'
import type { TreePolicy } from '../../state/policy.ts'
import { profileNamed } from '../../state/profiles.ts'
import { policyWords } from '../view/policy-words.ts'
import type { AtStore } from './at-store.ts'
import type { PolicyOptions } from './options.ts'

/** What the flags of a command say of its tree; undefined where they say nothing. */
export async function saidOfTree({ profile, rule }: PolicyOptions): Promise<SaidOfTree | undefined> {
  if (profile === undefined && rule === undefined) return undefined
  const { parsedRule } = await import('../../tools/policies/grammar.ts')
  const rules = rule?.map((each) => parsedRule(each, '--rule'))
  return { ...(profile !== undefined && { profile: profileNamed(profile) }), ...(rules && { rules }) }
}

/** Keeps with a tree what the flags of a command say, and says so. */
export async function keepSaid(
  threadId: string,
  { options, runtime, output }: { options: PolicyOptions; runtime: AgentRuntime } & Pick<AtStore, 'output'>
): Promise<void> {
  const said = await saidOfTree(options)
  if (said) sayPolicy(await runtime.setPolicy(threadId, said), output)
}

export function sayPolicy(policy: TreePolicy | null, output: AtStore['output']): void {
  output.aside(`from now on the tree is ${policyWords(policy)}`)
}
