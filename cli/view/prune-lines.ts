import type { PruneReport } from '../../runtime/retention/prune.ts'
import type { Held } from '../../state/retention.ts'

/** Why trees stay, in words. */
const BECAUSE: Record<Held, string> = {
  asking: 'an ask is open',
  labelled: 'a checkpoint has a label',
  live: 'somebody drives it',
  unfinished: 'left in the middle',
  young: 'touched since'
}

export function pruneLines({ dryRun, kept, ...gone }: PruneReport): string[] {
  const amounts = Object.entries(gone).map(([what, count]) => `${count} ${what}`)
  const stay = (Object.entries(kept) as [Held, number][]).filter(([, count]) => count > 0)
  return [
    `${dryRun ? 'would go' : 'gone'}: ${amounts.join(', ')}`,
    ...stay.map(([held, count]) => `stay, at least in part: ${count} (${BECAUSE[held]})`)
  ]
}
