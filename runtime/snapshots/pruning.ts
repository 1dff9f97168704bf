import type { Repository } from './repository.ts'
import { recordOf } from './restoring.ts'

/** Lets old snapshots and restores go. A restore that stays can be undone: what it needs for that stays as well. */
export async function pruned(
  repository: Repository,
  { keep, olderThanMs }: { keep: ReadonlySet<string>; olderThanMs: number }
): Promise<{ dropped: number }> {
  const until = (await repository.now()) - olderThanMs
  const needed = new Set(keep)
  const old: { id: string; under: 'snapshots' | 'restores' }[] = []
  for (const { id, since } of await repository.refs('restores')) {
    if (since <= until) old.push({ id, under: 'restores' })
    else {
      const { before, after } = await recordOf(id, repository)
      needed.add(before).add(after)
    }
  }
  for (const { id, since } of await repository.refs('snapshots'))
    if (since <= until && !needed.has(id)) old.push({ id, under: 'snapshots' })
  await repository.drop(old)
  return { dropped: old.filter(({ under }) => under === 'snapshots').length }
}
