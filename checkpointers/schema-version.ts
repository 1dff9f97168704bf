import { RuntimeError } from '../state/errors.ts'

/**
 * Which of the migrations a database still needs. `found` is the version that it has, undefined where it has none.
 * @throws RuntimeError BAD_STORE where a newer Deputy has migrated it further than this one knows
 */
export function migrationsAfter(
  found: number | undefined,
  { migrations, url }: { migrations: readonly string[]; url: string }
): readonly string[] {
  const version = found ?? 0
  if (version > migrations.length)
    throw new RuntimeError(
      'BAD_STORE',
      `${url} has schema version ${version}, this Deputy knows up to ${migrations.length}: use a newer Deputy or another store`
    )
  return migrations.slice(version)
}
