import type { TestContext } from 'vitest'
import { programsHere } from '../../tools/sandbox/find-sandbox.ts'

/** Skips a test that needs a sandbox on a machine that can make none, and says why. */
export function needsSandbox({ skip }: TestContext): void {
  const found = programsHere()
  if ('programs' in found) return
  console.warn(`skipped: ${found.reason}`)
  skip(found.reason)
}
