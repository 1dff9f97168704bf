import type { Snapshot } from '../../runtime/snapshot.ts'
import { addUsage, NO_USAGE, type Usage } from '../../state/usage.ts'

/** Model calls and tokens of each agent of a tree, and their sum, as a table. */
export function costOf({ subtree, usage }: Pick<Snapshot, 'subtree' | 'usage'>): string {
  const byPath = new Map<string, Usage>()
  for (const { thread, usage } of subtree) byPath.set(thread.path, addUsage(byPath.get(thread.path) ?? NO_USAGE, usage))
  const rows = [...byPath, ['all', usage] as const]
  return [
    row(['agent', 'calls', 'tokens in', 'tokens out']),
    ...rows.map(([path, { calls, input, output }]) => row([path, calls, input, output]))
  ].join('\n')
}

function row([name, ...numbers]: readonly [string, ...(string | number)[]]): string {
  return name.padEnd(20) + numbers.map((number) => String(number).padStart(12)).join('')
}
