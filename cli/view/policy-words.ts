import type { TreePolicy } from '../../state/policy.ts'

/** What is said in advance of a tree, in a few words. */
export function policyWords(policy: TreePolicy | null): string {
  const { profile = null, rules = [] } = policy ?? {}
  const counted = rules.length === 0 ? '' : ` and ${rules.length} ${rules.length === 1 ? 'rule' : 'rules'} of its own`
  return `under ${profile === null ? 'no profile' : `the profile ${profile}`}${counted}`
}
