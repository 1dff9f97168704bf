import { z } from 'zod'

/** Something that a compiler, a linter or a language server says of a file. */
export const Problem = z.object({
  /** Relative to the workspace; empty where it is about no file. */
  path: z.string(),
  line: z.number().int().nonnegative(),
  message: z.string(),
  code: z.string().exactOptional(),
  severity: z.enum(['error', 'warning'])
})
export type Problem = z.infer<typeof Problem>

/** What is there to check with, and what it found. */
export type Checked = { kind: 'problems'; problems: readonly Problem[] } | { kind: 'unavailable'; reason: string }

export interface About {
  readonly workspace: string
  /** Real paths of the files that are looked at; who checks everything may say more. */
  readonly paths: readonly string[]
  readonly signal: AbortSignal
}

export interface Checker {
  check(about: About): Promise<Checked>
}

/**
 * The problems of `after` that were not there before. Lines move when something is put in above them: a problem that stands
 * elsewhere now is no new one, and one that is there twice now is one new one.
 */
export function newProblems(before: readonly Problem[], after: readonly Problem[]): Problem[] {
  const known = new Map<string, number>()
  for (const problem of before) known.set(keyOf(problem), (known.get(keyOf(problem)) ?? 0) + 1)
  return after.filter((problem) => {
    const left = known.get(keyOf(problem)) ?? 0
    known.set(keyOf(problem), left - 1)
    return left <= 0
  })
}

function keyOf({ path, code, message, severity }: Problem): string {
  return JSON.stringify([path, code, message, severity])
}

/** The first of the checkers that is there; why, where none is. */
export function firstOf(...checkers: readonly Checker[]): Checker {
  return {
    async check(about) {
      const reasons: string[] = []
      for (const checker of checkers) {
        const checked = await checker.check(about)
        if (checked.kind === 'problems') return checked
        reasons.push(checked.reason)
      }
      return { kind: 'unavailable', reason: reasons.join('; ') }
    }
  }
}
